# SPDX-License-Identifier: BSD-2-Clause
# perl: hashes, strings, regular expressions.
work()
{
    perl -e '
        my (%h, $s);
        for my $i (1 .. 1000000) { $h{$i % 1000} .= "x" if $i % 7 == 0; $s += ($i * 3) % 11; }
        my $text = join(",", map { "$_=" . length $h{$_} } sort keys %h);
        my $n = 0;
        for (1 .. 40) { $n++ while $text =~ /(\d+)=(\d+)/g; }
        print "$s,$n\n";'
}
