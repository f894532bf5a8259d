# SPDX-License-Identifier: BSD-2-Clause
# sqlite3: a table of 100000 rows in memory, an index, queries.
work()
{
    sqlite3 :memory: <<'END' | md5sum | cut -c 1-12
create table t(a integer primary key, b text, c real);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 100000)
insert into t select x, 'row ' || (x * 7919 % 10007), x * 0.5 from n;
create index i on t(b);
select count(*), sum(c), max(b) from t where b like 'row 1%';
select b, count(*) from t group by b order by 2 desc, 1 limit 3;
END
}
