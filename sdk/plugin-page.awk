# SPDX-License-Identifier: BSD-2-Clause
# Makes a plugin's manual page out of what `vmrun --describe` says of it.

# Text as roff takes it: no line begins a request, no dash becomes a hyphen.
function plain(text)
{
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

NR == 1 {
    name = $1
    summary = substr($0, length(name) + 4)
    printf ".\\\" Generated from the plugin's own description.\n"
    printf ".TH VMRUN-%s 7 \"\" \"vmrun\" \"Plugins\"\n", toupper(plain(name))
    printf ".SH NAME\nvmrun-%s \\- %s\n.SH DESCRIPTION\n", plain(name), plain(summary)
    next
}

/^kind / && NR == 2 {
    about = $0
    next
}

/^Keys of / {
    printf ".SH KEYS\n%s\n", plain($0)
    keys = 1
    next
}

/^  [^ ]/ && keys {
    key = $1
    sub(/^ +[^ ]+ +/, "")
    gsub(/"/, "\\(dq")
    printf ".TP\n.BI %s \" = \" \"%s\"\n", plain(key), plain($0)
    next
}

/^ +/ && keys {
    sub(/^ +/, "")
    print plain($0)
    next
}

NF {
    printf "%s%s\n", paragraph++ ? ".PP\n" : "", plain($0)
}

END {
    if (!paragraph && !keys)
        print plain(summary) "."
    printf ".SH \"SEE ALSO\"\n.BR vmrun (1),\n.BR vmrun.ini (5)\n.PP\nThe plugin: %s.\n", plain(about)
}
