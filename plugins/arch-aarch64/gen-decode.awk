# SPDX-License-Identifier: BSD-2-Clause
# gen-decode.awk - turns the pattern files into C. Plain POSIX awk.
#
#   awk -v mode=header -f gen-decode.awk FILES   prototypes of the semantics, enum of formats
#   awk -v mode=source -f gen-decode.awk FILES   the pattern table and its buckets
#   awk -v mode=list   -f gen-decode.awk FILES   text: name mask match format features
#
# The buckets are the first step of decoding: bits 28..24 and 15..11 select a list of the patterns that can match, those with more
# fixed bits first.

function fail(text)
{
    printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
    failed = 1
    exit 1
}

# Bits as a hexadecimal C constant: fixed bits (what = "mask") or their values ("match").
function hex(pattern, what,    i, c, v, text)
{
    v = 0
    text = ""
    for (i = 1; i <= length(pattern); i++) {
        c = substr(pattern, i, 1)
        v = v * 2 + (what == "mask" ? c != "." : c == "1")
        if ((length(pattern) - i) % 4 == 0) {
            text = text substr("0123456789abcdef", v + 1, 1)
            v = 0
        }
    }
    return "0x" text
}

function fixed_bits(pattern,    copy)
{
    copy = pattern
    return gsub(/[01]/, "", copy)
}

function binary(value, width,    text)
{
    text = ""
    while (width-- > 0) {
        text = value % 2 text
        value = int(value / 2)
    }
    return text
}

# Whether five bits of a pattern can be `value` (a string of 0 and 1); remembered, for there are few of them.
function can_be(bits5, value,    i, c)
{
    if ((bits5, value) in known)
        return known[bits5, value]
    for (i = 1; i <= 5; i++) {
        c = substr(bits5, i, 1)
        if (c != "." && c != substr(value, i, 1))
            return known[bits5, value] = 0
    }
    return known[bits5, value] = 1
}

# All patterns whose bits 28..24 can be `high`, with more fixed bits first: the lists of 32 buckets are made from them.
function choose(high,    k)
{
    n_chosen = 0
    for (k = 0; k < count; k++) {
        if (can_be(substr(bits[order[k]], 4, 5), high))
            chosen[n_chosen++] = order[k]
    }
}

function bucket(low,    k, text)
{
    text = ""
    for (k = 0; k < n_chosen; k++) {
        if (can_be(substr(bits[chosen[k]], 17, 5), low)) {
            text = text chosen[k] ", "
            position++
        }
    }
    position++
    return text "0xffff,"
}

function sort_patterns(    i, k, n, total)
{
    total = 0
    for (n = 32; n >= 0; n--) {
        for (i = 0; i < count; i++) {
            if (fixed_bits(bits[i]) == n)
                order[total++] = i
        }
    }
}

function print_header(    i, formats, seen)
{
    print "/* Generated from the pattern files. Do not edit. */"
    print "#ifndef AARCH64_DECODE_H\n#define AARCH64_DECODE_H\n"
    print "struct a64_translation;\nstruct a64_insn;\n"
    print "enum a64_format {"
    for (i = 0; i < count; i++) {
        if (format[i] in formats)
            continue
        formats[format[i]] = 1
        printf "    A64_FORMAT_%s,\n", toupper(format[i])
    }
    print "    A64_FORMAT_COUNT\n};\n"
    for (i = 0; i < count; i++) {
        if (semantics[i] in seen)
            continue
        seen[semantics[i]] = 1
        printf "void emit_%s(struct a64_translation *t, const struct a64_insn *in);\n", semantics[i]
    }
    print "\n#endif"
}

function print_source(    i, k, n, need, parts, start)
{
    print "/* Generated from the pattern files. Do not edit. */"
    print "#include \"decode.h\"\n"
    print "const struct a64_pattern a64_patterns[] = {"
    for (i = 0; i < count; i++) {
        n = split(feature[i], parts, ",")
        need = ""
        for (k = 1; k <= n; k++)
            need = need (k > 1 ? " | " : "") "A64_FEATURE(" parts[k] ")"
        printf "    { \"%s\", %s, %s, ", name[i], hex(bits[i], "mask"), hex(bits[i], "match")
        printf "A64_FORMAT_%s, %s, emit_%s },\n", toupper(format[i]), need, semantics[i]
    }
    printf "};\n\nconst uint32_t a64_n_patterns = %d;\n\n", count

    position = 0
    print "const uint16_t a64_bucket_lists[] = {"
    for (i = 0; i < 1024; i++) {
        if (i % 32 == 0)
            choose(binary(i / 32, 5))
        start[i] = position
        print "    " bucket(binary(i % 32, 5))
    }
    print "};\n\nconst uint16_t a64_buckets[A64_N_BUCKETS] = {"
    for (i = 0; i < 1024; i++)
        printf "    %d,\n", start[i]
    print "};"
}

function print_list(    i)
{
    for (i = 0; i < count; i++)
        printf "%s %s %s %s %s\n", name[i], hex(bits[i], "mask"), hex(bits[i], "match"), format[i], feature[i]
}

/^[ \t]*(#|$)/ { next }

{
    pattern = ""
    for (k = 2; k <= NF && $k ~ /^[01.]+$/; k++)
        pattern = pattern $k
    if (length(pattern) != 32)
        fail("the bits of '" $1 "' are " length(pattern) ", not 32")
    if (NF - k < 1 || NF - k > 2)
        fail("'" $1 "' needs a format, features, and at most the name of its semantics")
    if ($1 in names)
        fail("'" $1 "' is there twice")
    names[$1] = 1
    name[count] = $1
    bits[count] = pattern
    format[count] = $k
    feature[count] = $(k + 1)
    semantics[count] = NF - k == 2 ? $(k + 2) : $1
    gsub(/[^A-Za-z0-9_]/, "_", semantics[count])
    count++
}

BEGIN { count = 0 }

END {
    if (failed)
        exit 1
    sort_patterns()
    if (mode == "header")
        print_header()
    else if (mode == "source")
        print_source()
    else
        print_list()
}
