# SPDX-License-Identifier: BSD-2-Clause
# A shell script: processes that are started and end, pipes.
work()
{
    i=0
    while [ $i -lt 300 ]; do
        expr $i + 1 | cat >/dev/null
        i=$((i + 1))
    done
    echo $i
}
