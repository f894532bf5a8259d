# SPDX-License-Identifier: BSD-2-Clause
# gcc -O2: much code, none of which runs for long.
prepare()
{
    awk 'BEGIN {
        for (i = 0; i < 24; i++)
            printf "int f%d(int a, int b, const char *s) { int r = a; for (int i = 0; i < b; i++) { switch ((r + i) %% 7) {\n" \
                   "case 0: r += s[i & 3]; break; case 1: r ^= a * %d; break; case 2: r -= b; break; case 3: r = r * 31 + i;\n" \
                   "break; default: r += s[i %% 4] ? %d : i; } if (r > 1000000) r %%= %d; } return r; }\n", i, i * 7 + 3, i * 13 + 1, i + 999
    }' >/tmp/program.c
}
work()
{
    gcc -O2 -S -o - /tmp/program.c | md5sum | cut -c 1-12
}
