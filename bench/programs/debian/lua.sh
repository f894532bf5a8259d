# SPDX-License-Identifier: BSD-2-Clause
# lua: an interpreter that is a switch in a loop; tables, numbers, strings.
work()
{
    lua5.4 -e '
        local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
        local t = {}
        for i = 1, 150000 do t[i] = (i * 7919) % 1000003 end
        table.sort(t)
        local s = 0.0
        for i = 1, 800000 do s = s + math.sqrt(i) * 0.5 end
        local parts = {}
        for i = 1, 50000 do parts[#parts + 1] = string.format("%d:%x", i, i) end
        print(string.format("%d,%d,%.6f,%d", fib(24), t[1000], s, #table.concat(parts)))'
}
