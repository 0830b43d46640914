/* formats_own.h - the readers and writers of the single formats. */
#ifndef RP_FORMATS_OWN_H
#define RP_FORMATS_OWN_H

#include "import.h"

struct rp_export {
    struct rp_cassette *from;
    struct rp_buf *out;
    struct rp_report *report;
    struct rp_error *err;
};

/* The moment at which the recording began, by the first date that is known; 0: none is. */
int rp_export_epoch(struct rp_export *ex, int64_t *epoch);
/* The moment at which an exchange began, and how long its body took after the head. */
int64_t rp_export_start(const struct rp_interaction *it, int64_t epoch);
uint64_t rp_export_receive_us(const struct rp_interaction *it);

int rp_vcr_read(struct rp_import *im, const char *s, size_t n);
int rp_vcr_write(struct rp_export *ex);
int rp_har_read(struct rp_import *im, const char *s, size_t n);
int rp_har_write(struct rp_export *ex);
int rp_jsonl_read(struct rp_import *im, const char *s, size_t n);
int rp_jsonl_write(struct rp_export *ex);
int rp_otlp_read(struct rp_import *im, const char *s, size_t n);
int rp_otlp_write(struct rp_export *ex);

#endif
