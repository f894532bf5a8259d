# SPDX-License-Identifier: BSD-2-Clause
# gen-decode.awk - turns riscv64.decode into C. Plain POSIX awk.
#
#   awk -v mode=header -f gen-decode.awk riscv64.decode   prototypes of the semantics, enum of formats
#   awk -v mode=source -f gen-decode.awk riscv64.decode   the pattern table and its buckets
#   awk -v mode=list   -f gen-decode.awk riscv64.decode   text: name mask match length format extensions
#
# The buckets are the first step of decoding: opcode and funct3 (32 bits) or quadrant and funct3 (16 bits) select a list of the
# patterns that can match, those with more fixed bits first.

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

# Whether the bits at `first` (counted from the left, 1-based) can be `value` (a string of 0 and 1).
function can_be(pattern, first, value,    i, c)
{
    for (i = 1; i <= length(value); i++) {
        c = substr(pattern, first + i - 1, 1)
        if (c != "." && c != substr(value, i, 1))
            return 0
    }
    return 1
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

# One bucket: all patterns of `width` bits whose opcode and funct3 fit, as indices in decreasing order of fixed bits.
function bucket(width, opcode, funct3,    i, k, n, list, chosen, text)
{
    n = 0
    for (k = 0; k < count; k++) {
        i = order[k]
        if (length(bits[i]) != width)
            continue
        if (can_be(bits[i], width == 32 ? 26 : 15, opcode) && can_be(bits[i], width == 32 ? 18 : 1, funct3))
            list[n++] = i
    }
    text = ""
    for (k = 0; k < n; k++)
        text = text list[k] ", "
    return text "0xffff,"
}

function sort_patterns(    i, k)
{
    for (i = 0; i < count; i++) {
        for (k = i; k > 0 && fixed_bits(bits[order[k - 1]]) < fixed_bits(bits[i]); k--)
            order[k] = order[k - 1]
        order[k] = i
    }
}

function print_header(    i, seen)
{
    print "/* Generated from riscv64.decode. Do not edit. */"
    print "#ifndef RISCV64_DECODE_H\n#define RISCV64_DECODE_H\n"
    print "struct rv_translation;\nstruct rv_insn;\n"
    print "enum rv_format {"
    for (i = 0; i < count; i++) {
        if (format[i] in seen)
            continue
        seen[format[i]] = 1
        printf "    RV_FORMAT_%s,\n", toupper(format[i])
    }
    print "    RV_FORMAT_COUNT\n};\n"
    for (i = 0; i < count; i++) {
        if (semantics[i] in seen)
            continue
        seen[semantics[i]] = 1
        printf "void emit_%s(struct rv_translation *t, const struct rv_insn *in);\n", semantics[i]
    }
    print "\n#endif"
}

function print_source(    i, k, n, need, parts, start, position, text)
{
    print "/* Generated from riscv64.decode. Do not edit. */"
    print "#include \"decode.h\"\n"
    print "const struct rv_pattern rv_patterns[] = {"
    for (i = 0; i < count; i++) {
        n = split(extension[i], parts, ",")
        need = "0"
        for (k = 1; k <= n; k++)
            need = need " | RV_EXT_" toupper(parts[k])
        sub(/^0 \| /, "", need)
        printf "    { \"%s\", %s, %s, ", name[i], hex(bits[i], "mask"), hex(bits[i], "match")
        printf "%d, RV_FORMAT_%s, %s, emit_%s },\n", length(bits[i]) / 8, toupper(format[i]), need, semantics[i]
    }
    printf "};\n\nconst uint32_t rv_n_patterns = %d;\n\n", count

    position = 0
    print "const uint16_t rv_bucket_lists[] = {"
    for (i = 0; i < 256 + 32; i++) {
        start[i] = position
        if (i < 256)
            text = bucket(32, binary(int(i / 8), 5), binary(i % 8, 3))
        else
            text = bucket(16, binary(int((i - 256) / 8), 2), binary(i % 8, 3))
        print "    " text
        position += split(text, parts, ",") - 1
    }
    print "};\n\nconst uint16_t rv_buckets[] = {"
    for (i = 0; i < 256 + 32; i++)
        printf "    %d,\n", start[i]
    print "};"
}

function print_list(    i)
{
    for (i = 0; i < count; i++) {
        printf "%s %s %s ", name[i], hex(bits[i], "mask"), hex(bits[i], "match")
        printf "%d %s %s\n", length(bits[i]) / 8, format[i], extension[i]
    }
}

/^[ \t]*(#|$)/ { next }

{
    pattern = ""
    for (k = 2; k <= NF && $k ~ /^[01.]+$/; k++)
        pattern = pattern $k
    if (length(pattern) != 16 && length(pattern) != 32)
        fail("the bits of '" $1 "' are " length(pattern) ", not 16 or 32")
    if (NF - k < 1 || NF - k > 2)
        fail("'" $1 "' needs a format, extensions, and at most the name of its semantics")
    if ($1 in names)
        fail("'" $1 "' is there twice")
    names[$1] = 1
    name[count] = $1
    bits[count] = pattern
    format[count] = $k
    extension[count] = $(k + 1)
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
