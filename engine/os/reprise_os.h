/* reprise_os.h - what the engine takes from the operating system; the one way into this folder. */
#ifndef REPRISE_OS_H
#define REPRISE_OS_H

#include "engine/base/env.h"

/* Memory of the C library. Needs no freeing and may be copied freely. */
struct rp_alloc rp_alloc_libc(void);

#endif
