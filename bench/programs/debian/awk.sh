# SPDX-License-Identifier: BSD-2-Clause
# busybox's awk: a tree that is walked, hashes, strings.
work()
{
    busybox awk 'BEGIN {
        for (i = 0; i < 200000; i++) { s += i % 7; a[i % 100] = s; if (i % 50 == 0) t = t substr("abcdef", i % 6, 2) }
        print s "," length(t)
    }'
}
