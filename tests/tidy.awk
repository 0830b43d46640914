# tidy.awk - reads every C file of the project and refuses what its form does not allow.
#
# Input: C files. Output: one line per fault, "file:line: what is wrong; what to do". Exits 1 when
# there is any. Works on a copy of each line without comments and with empty strings, so that words
# in prose are no faults.

function fault(line, text)
{
    printf "%s:%d: %s\n", file, line, text
    faults++
}

# The line without comments, "" for strings, 0 for characters. in_comment goes on over lines.
function strip(s,    out, rest)
{
    out = ""
    while (s != "") {
        if (in_comment) {
            if (!match(s, /\*\//))
                return out
            s = substr(s, RSTART + 2)
            in_comment = 0
        } else if (!match(s, /["']|\/\*|\/\//)) {
            return out s
        } else {
            out = out substr(s, 1, RSTART - 1)
            rest = substr(s, RSTART)
            if (rest ~ /^\/\//)
                return out
            if (rest ~ /^\/\*/) {
                in_comment = 1
                s = substr(rest, 3)
            } else if (match(rest, /^"([^"\\]|\\.)*"/)) {
                out = out "\"\""
                s = substr(rest, RLENGTH + 1)
            } else if (match(rest, /^'([^'\\]|\\.)*'/)) {
                out = out "0"
                s = substr(rest, RLENGTH + 1)
            } else {
                return out
            }
        }
    }
    return out
}

function calls(code, names)
{
    return code ~ ("(^|[^A-Za-z0-9_.>*])(" names ")[ ]*\\(")
}

function named(code, names,    at)
{
    match(code, "(^|[^A-Za-z0-9_.>*])(" names ")[ ]*\\(")
    at = substr(code, RSTART, RLENGTH)
    gsub(/[^A-Za-z0-9_]/, "", at)
    return at
}

function check_calls(code)
{
    if (calls(code, BANNED) && !(file ~ /^tests\/matrix\// && named(code, BANNED) == "setlocale"))
        fault(FNR, "banned call " named(code, BANNED) "(); use the bounded or exact one")
    if (file ~ /^engine\// && calls(code, OUTSIDE))
        fault(FNR, named(code, OUTSIDE) "() in the engine; time, chance and settings come in " \
            "through the caller")
    if (file ~ /^engine\// && file !~ /^engine\/os\// && calls(code, SYSTEM))
        fault(FNR, named(code, SYSTEM) "() in the engine; memory comes from struct rp_alloc, " \
            "text goes out as events")
}

function check_system_include(code)
{
    if (file ~ /^engine\// && file !~ /^engine\/os\// &&
        code !~ /<(stdarg|stddef|stdint|string|limits|float)\.h>/)
        fault(FNR, "system header in the engine; it uses mem*, strlen and plain types alone")
}

# Collects the condition of an assertion, over lines, and looks at it once its brackets are closed.
function check_assert(code,    i, c)
{
    if (!asserting) {
        if (code ~ /^[ \t]*#/ || !match(code, /(RP_ASSERT|RP_NEVER|assert)[ ]*\(/))
            return
        asserting = FNR
        condition = ""
        depth = 1
        code = substr(code, RSTART + RLENGTH)
    }
    for (i = 1; i <= length(code) && depth > 0; i++) {
        c = substr(code, i, 1)
        depth += (c == "(") - (c == ")")
        if (depth > 0)
            condition = condition c
    }
    if (depth > 0)
        return
    gsub(/==|!=|<=|>=/, " ", condition)
    if (condition ~ /\+\+|--|=/)
        fault(asserting, "side effect in an assertion; do it in a statement of its own")
    asserting = 0
    check_assert(substr(code, i))
}

# A function's body opens and closes in the first column. Its length counts from its first line.
function check_function(code)
{
    if (code ~ /^\{[ ]*$/) {
        opened = head ? head : FNR
    } else if (code ~ /^\}/ && opened) {
        if (FNR - opened + 1 > 70)
            fault(opened, "function of " FNR - opened + 1 " lines; 70 are the most: split it")
        opened = 0
    }
    if (code ~ /^[ ]*$/ || code ~ /^[#}]/ || code ~ /;[ ]*$/)
        head = 0
    else if (!head && code ~ /^[A-Za-z_]/)
        head = FNR
}

function end_of_file()
{
    if (file == "")
        return
    if (lines > 600)
        fault(lines, "file of " lines " lines; 600 are the most: split it by what it owns")
    if (in_comment)
        fault(lines, "comment without end")
}

BEGIN {
    # setlocale: but for the program that shows that a locale changes nothing
    BANNED = "strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|rand|srand|setlocale"
    OUTSIDE = "time|clock|localtime|gmtime|getenv|random"
    SYSTEM = "malloc|calloc|realloc|free|printf|fprintf|snprintf|puts|fopen|exit|abort|qsort"
}

FNR == 1 {
    end_of_file()
    file = FILENAME
    in_comment = asserting = opened = head = 0
    if ($0 !~ /^\/\*/)
        fault(1, "no opening comment; say what the file owns")
}

{
    lines = FNR
    wide = $0
    gsub(/[\200-\277]/, "", wide) # characters, not bytes
    if (length(wide) > 100)
        fault(FNR, "line of " length(wide) " columns; 100 are the most")
    if ($0 ~ /[ \t\r]$/)
        fault(FNR, "white space at the end of the line")
    if ($0 ~ /\t/)
        fault(FNR, "tab; indent by 4 spaces")
    code = strip($0)
    if (code ~ /typedef[ ]+(struct|union)/)
        fault(FNR, "typedef of a struct; write struct where it is used")
    if (code ~ /^[ ]*#[ ]*include[ ]*</)
        check_system_include(code)
    else
        check_calls(code)
    check_assert(code)
    check_function(code)
}

END {
    end_of_file()
    exit faults > 0
}
