/* fuzz.h - a fuzz target is one function that returns for every input and traps when a meaning is
 * broken. main.c drives it: AFL++ in persistent mode, or a list of kept inputs. */
#ifndef RP_FUZZ_H
#define RP_FUZZ_H

#include <stddef.h>
#include <stdint.h>

void fuzz_one(const uint8_t *data, size_t size);

#endif
