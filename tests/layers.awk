# layers.awk - who includes whom. Input: every C file of the project.
#
# -v order=FILE  the list that stands (tests/LAYERS); its order is kept where it can be
# -v write=1     prints a list made from the includes that there are
# otherwise      prints a line for each fault of the list against the files
# Exits 1 on a fault, or when the files include each other in a circle.

function fault(text)
{
    print text
    faults++
}

# A list is written even so; the check that follows will say it.
function note(text)
{
    if (write)
        print text > "/dev/stderr"
    else
        fault(text)
}

# engine/os/../base/x.h -> engine/base/x.h
function straight(path)
{
    while (match(path, /[^\/.]+\/\.\.\//))
        path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
    return path
}

function folder(path)
{
    sub(/[^\/]*$/, "", path)
    return path
}

# Rooms from the ground up; 0 for what is in none.
function room(path)
{
    if (path ~ /^engine\/base\// || path == "tests/testmode.h") # limits.h includes it
        return 1
    if (path ~ /^engine\/os\//)
        return 3
    if (path ~ /^engine\//)
        return 2
    if (path ~ /^mocks\//)
        return 4
    if (path ~ /^scenarios\//)
        return 5
    if (path ~ /^(tests|fuzz|bench)\//)
        return 6
    return 0
}

# The file that an include of `from` means: beside it, below the project's root, below tests/.
function resolve(from, name,    path)
{
    path = straight(folder(from) name)
    if (path in is_file)
        return path
    if (name in is_file)
        return name
    return ("tests/" name) in is_file ? "tests/" name : ""
}

# May a file of one room see that file at all?
function may_see(from, to)
{
    if (room(to) > room(from))
        return 0
    if (room(from) == room(to) || from ~ /^tests\/(unit|oom|story|support)\// ||
        from ~ /^fuzz\//)
        return 1
    if (room(from) <= 3) # engine/base below engine, engine below engine/os
        return room(to) <= 1 || room(from) == 2 || to == "engine/reprise.h"
    return room(to) >= 4 || room(to) == 1 || to == "engine/reprise.h" ||
        to == "engine/os/reprise_os.h"
}

function read_order(    line, at, rest, n, i, part)
{
    while ((getline line < order) > 0) {
        if (line ~ /^#/ || line ~ /^[ ]*$/)
            continue
        at = index(line, ":")
        rest = substr(line, at + 1)
        line = substr(line, 1, at - 1)
        listed[++n_listed] = line
        place[line] = n_listed
        grants[line] = rest
        n = split(rest, part, " ")
        for (i = 1; i <= n; i++)
            granted[line, part[i]] = 1
    }
    close(order)
}

function check(    i, k, n, part, f, to)
{
    for (i = 1; i <= n_listed; i++) {
        f = listed[i]
        if (!(f in is_file))
            fault("tests/LAYERS: " f " is listed and does not exist; " REMEDY)
        n = split(grants[f], part, " ")
        for (k = 1; k <= n; k++)
            if (!(part[k] in place))
                fault("tests/LAYERS: " f " is granted " part[k] ", which is not listed")
            else if (place[part[k]] >= i)
                fault("tests/LAYERS: " f " is granted " part[k] ", which is listed later: a circle")
    }
    for (i = 1; i <= n_files; i++) {
        f = files[i]
        if (!(f in place)) {
            fault(f ":1: is not listed in tests/LAYERS; " REMEDY)
            continue
        }
        for (k = 1; k <= n_uses[f]; k++) {
            to = uses[f, k]
            if (!may_see(f, to))
                fault(f ": includes " to "; that is private to its room, or a room above")
            else if (!((f, to) in granted))
                fault(f ": includes " to ", which tests/LAYERS does not grant; " REMEDY)
        }
    }
}

# Can f be listed now: is all that it includes listed before?
function is_ready(f,    k)
{
    for (k = 1; k <= n_uses[f]; k++)
        if (!(uses[f, k] in done))
            return 0
    return 1
}

function put(f,    k, line)
{
    done[f] = 1
    line = f ":"
    for (k = 1; k <= n_uses[f]; k++)
        line = line " " uses[f, k]
    print line
}

# Rank of a file among those that are ready: its room, its place in the list that stands, its path.
function before(a, b)
{
    if (room(a) != room(b))
        return room(a) < room(b)
    if (a in place && b in place)
        return place[a] < place[b]
    if (a in place || b in place)
        return a in place
    return a < b
}

function write_list(    left, i, best, body)
{
    for (left = n_files; left > 0; left--) {
        best = ""
        for (i = 1; i <= n_files; i++)
            if (!(files[i] in done) && is_ready(files[i]))
                if (best == "" || before(files[i], best))
                    best = files[i]
        if (best == "")
            break
        put(best)
        body = best
        if (sub(/\.h$/, ".c", body) && body in is_file && !(body in done) && is_ready(body)) {
            put(body)
            left--
        }
    }
    for (i = 1; i <= n_files; i++)
        if (!(files[i] in done)) {
            print "in a circle, or above one: " files[i] > "/dev/stderr"
            faults++
        }
}

BEGIN {
    REMEDY = "run tests/layers.sh --write and read what changed"
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] !~ /=/) {
            is_file[ARGV[i]] = 1
            files[++n_files] = ARGV[i]
        }
    read_order()
}

/^[ ]*#[ ]*include[ ]*"/ {
    split($0, quoted, "\"")
    to = resolve(FILENAME, quoted[2])
    if (to == "")
        note(FILENAME ":" FNR ": includes " quoted[2] ", which is no file of the project")
    else if (!((FILENAME, to) in seen)) {
        seen[FILENAME, to] = 1
        uses[FILENAME, ++n_uses[FILENAME]] = to
    }
}

END {
    if (write)
        write_list()
    else
        check()
    exit faults > 0
}
