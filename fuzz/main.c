/* main.c - drives one fuzz target: under AFL++ (built with its compiler) as long as it wants, else
 * once over each file named on the command line, which is how kept inputs are replayed. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __AFL_FUZZ_TESTCASE_LEN

__AFL_FUZZ_INIT();

int main(void)
{
    __AFL_INIT();
    const unsigned char *data = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(10000))
        fuzz_one(data, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    return 0;
}

#else

enum { INPUT_MAX = 1 << 24 };

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    if (!f || !data) {
        fprintf(stderr, "%s: cannot be read\n", path);
        if (f)
            fclose(f);
        free(data);
        return 0;
    }
    size_t n = fread(data, 1, INPUT_MAX, f);
    int whole = !ferror(f);
    fclose(f);
    if (whole)
        fuzz_one(data, n);
    free(data);
    return whole;
}

int main(int argc, char **argv)
{
    int all = 1;
    for (int i = 1; i < argc; i++)
        all &= replay(argv[i]);
    printf("%d inputs\n", argc - 1);
    return all ? 0 : 1;
}

#endif
