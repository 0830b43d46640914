/* store_suite_names.c - cases of workflow names: any text is a name, and each is only itself. */
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

static char long_name[20001];

/* "long N": a name of N characters; else the name itself. */
static const char *given_name(struct suite *s)
{
    size_t n = 0;

    if (strncmp(s->of->given, "long ", 5) != 0)
        return s->of->given;
    for (const char *digit = s->of->given + 5; *digit; digit++)
        n = n * 10 + (size_t)(*digit - '0');
    memset(long_name, 'n', n);
    long_name[n] = '\0';
    return long_name;
}

/* With neighbours that a store could take for it. */
static int64_t save_among_others(struct suite *s, const char *name)
{
    int64_t id;

    suite_save(s, "before", 1);
    id = suite_save(s, name, 2);
    suite_save(s, "behind", 3);
    return id;
}

static void a_name_comes_back(struct suite *s)
{
    const char *name = given_name(s);
    int64_t id = save_among_others(s, name);

    assert_string_equal(suite_info(s, id).workflow, name);
}

static void a_name_lists_its_own(struct suite *s)
{
    const char *name = given_name(s);

    save_among_others(s, name);
    assert_string_equal(suite_list(s, name), "1");
    suite_save(s, name, 4);
    assert_string_equal(suite_list(s, name), "1 3");
    assert_string_equal(suite_list(s, "before"), "0");
}

static void a_name_has_its_latest(struct suite *s)
{
    const char *name = given_name(s);

    assert_int_equal(suite_latest(s, name), -1);
    save_among_others(s, name);
    assert_int_equal(suite_latest(s, name), 1);
    suite_save(s, name, 4);
    assert_int_equal(suite_latest(s, name), 3);
}

static void a_name_is_pruned_alone(struct suite *s)
{
    const char *name = given_name(s);

    save_among_others(s, name);
    assert_int_equal(suite_prune(s, name, 0, UINT64_MAX), 1);
    assert_string_equal(suite_list(s, NULL), "0 2");
}

static void a_name_outlives_reopening(struct suite *s)
{
    const char *name = given_name(s);

    save_among_others(s, name);
    suite_reopen(s);
    assert_string_equal(suite_info(s, 1).workflow, name);
    assert_string_equal(suite_list(s, name), "1");
}

/* given: a name and, behind a '|', one that is not the same. */
static void names_are_told_apart(struct suite *s)
{
    char one[64], other[64];
    const char *bar = strchr(s->of->given, '|');

    memcpy(one, s->of->given, (size_t)(bar - s->of->given));
    one[bar - s->of->given] = '\0';
    memcpy(other, bar + 1, strlen(bar + 1) + 1);
    suite_save(s, one, 1);
    assert_int_equal(suite_latest(s, other), -1);
    suite_save(s, other, 2);
    assert_string_equal(suite_list(s, one), "0");
    assert_string_equal(suite_list(s, other), "1");
}

/* A name that is text of a checkpoint must be UTF-8; for the store it is any text. */
#define NAME(name)                                                                                 \
    {"a name comes back", a_name_comes_back, name, 0},                                             \
        {"a name lists its own checkpoints", a_name_lists_its_own, name, 0},                       \
        {"a name has its latest checkpoint", a_name_has_its_latest, name, 0},                      \
        {"a name is pruned alone", a_name_is_pruned_alone, name, 0},                               \
    {                                                                                              \
        "a name outlives reopening", a_name_outlives_reopening, name, 1                            \
    }
#define APART(names)                                                                               \
    {                                                                                              \
        "names are told apart", names_are_told_apart, names, 0                                     \
    }

static const struct suite_case cases[] = {
    NAME(""),
    NAME(" "),
    NAME("two words"),
    NAME("it's"),
    NAME("\"quoted\""),
    NAME("back\\slash"),
    NAME("a/b"),
    NAME("../../etc"),
    NAME("."),
    NAME("new\nline\ttab"),
    NAME("%s %n %d"),
    NAME("'; DROP TABLE checkpoint; --"),
    NAME("\xc3\xbc\xc3\xb1"),         /* letters of two bytes */
    NAME("\xe5\x90\x8d\xe5\x89\x8d"), /* of three */
    NAME("\xf0\x9f\x99\x82"),         /* of four */
    NAME("long 255"),
    NAME("long 256"),
    NAME("long 5000"),
    NAME("long 20000"),
    APART("flow|Flow"),
    APART("flow|flow "),
    APART("flow| flow"),
    APART("flow|flo"),
    APART("|flow"),
    APART("f%|flow"),
    APART("fl_w|flow"),
    APART("*|flow"),
    APART("10|10.0"),
    APART("a/b|a"),
    APART("\xc3\xa9|e\xcc\x81"), /* one letter, and the same in two */
};

const struct suite_table suite_names = {cases, sizeof(cases) / sizeof(cases[0])};
