/* report.h - notes of what an import or export did not take as it stood. */
#ifndef RP_FORMATS_REPORT_H
#define RP_FORMATS_REPORT_H

#include "formats.h"

/* Counts n under that text, which is static; place is copied, of the first only. */
void rp_note(struct rp_report *report, enum rp_note_kind kind, uint64_t n, const char *text,
             const char *place);

#endif
