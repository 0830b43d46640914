/* program.c - runs the program in a folder of the test's own. */
#include "tests/story/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cm.h"
#include "tests/support/places.h"

enum { ARGS_MAX = 16 };

char program_out[PROGRAM_TEXT], program_err[PROGRAM_TEXT];
static char program[4096];
static char folder[] = "/tmp/reprise-program-XXXXXX";
static char passing[64];

/* ---- files ----------------------------------------------------------------------------------- */

void program_write_bytes(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void program_write(const char *path, const char *text)
{
    program_write_bytes(path, text, strlen(text));
}

size_t program_read(const char *path, char *out)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        print_error("%s: cannot be read\n", path);
    assert_non_null(file);
    n = fread(out, 1, PROGRAM_TEXT - 1, file);
    out[n] = '\0';
    assert_true(n < PROGRAM_TEXT - 1);
    assert_int_equal(fclose(file), 0);
    return n;
}

void program_damage(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    int c;

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    c = fgetc(file);
    assert_true(c != EOF);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(c ^ 0xff, file), c ^ 0xff);
    assert_int_equal(fclose(file), 0);
}

void program_remove(const char *path)
{
    places_remove(path);
}

size_t program_entries(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* ---- the folder ------------------------------------------------------------------------------ */

/* The program's path must hold in the test's own folder, too. */
static int find_program(void)
{
    const char *name = getenv("REPRISE");
    size_t n = 0;

    if (!name || !name[0])
        name = "build/reprise";
    if (name[0] != '/') {
        if (!getcwd(program, sizeof(program) / 2))
            return -1;
        n = strlen(program);
    }
    snprintf(program + n, sizeof(program) - n, "%s%s", n > 0 ? "/" : "", name);
    if (access(program, X_OK) == 0)
        return 0;
    print_error("no program %s; build it, or say where it is in REPRISE\n", program);
    return -1;
}

int program_enter(void **state)
{
    (void)state;
    if (find_program() != 0 || !mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    snprintf(passing, sizeof(passing), "TMPDIR=%s", folder);
    return 0;
}

int program_leave(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return -1;
    places_remove(folder);
    return access(folder, F_OK) == 0 ? -1 : 0;
}

/* ---- running --------------------------------------------------------------------------------- */

static void split(const char *words, char **args)
{
    static char copy[4096];
    char *rest = NULL;
    int n = 1;

    args[0] = program;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(n < ARGS_MAX - 1);
        args[n++] = word;
    }
    args[n] = NULL;
}

int program_run_with(const char *words, const char *input)
{
    char *args[ARGS_MAX];
    char *const environment[] = {(char *)"TERM=xterm", passing, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;

    program_write(".stdin", input);
    split(words, args);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addopen(&actions, 0, ".stdin", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, ".stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, ".stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, args, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    program_read(".stdout", program_out);
    program_read(".stderr", program_err);
    if (!WIFEXITED(status))
        print_error("%s: ended by a signal\n%s", words, program_err);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int program_run(const char *words)
{
    return program_run_with(words, "");
}

void program_gives(const char *words, int status, const char *out, const char *err)
{
    int got = program_run(words);

    assert_string_equal(program_out, out);
    assert_string_equal(program_err, err);
    assert_int_equal(got, status);
}

void program_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("not in it: %s\n%s\n%s\n", part, program_out, program_err);
    assert_non_null(strstr(text, part));
}
