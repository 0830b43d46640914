/* otlp_read.h - what the two halves of the reader of traces share: spans, and calls out of them. */
#ifndef RP_FORMATS_OTLP_READ_H
#define RP_FORMATS_OTLP_READ_H

#include "otlp_value.h"

enum rp_otlp_kind { RP_OTLP_OTHER, RP_OTLP_CHAT, RP_OTLP_TOOL };

struct rp_otlp_span {
    enum rp_otlp_kind kind;
    const char *trace, *id, *parent, *linked; /* in the pool; "" where there is none */
    const char *agent;                        /* its own; NULL */
    uint64_t start_us, end_us;
    struct rp_value attributes, events, status;
    size_t number; /* in the file */
    int64_t item;  /* of a chat span: its exchange, from 1; 0: none was made */
    char place[RP_PLACE_MAX];
};

struct rp_otlp_spans {
    struct rp_import *im;
    struct rp_otlp_span **at; /* in the pool; by start, then by number */
    struct rp_otlp_span **by_id;
    size_t n;
    uint64_t first_us; /* the start of the first call */
};

/* The exchange that a chat span tells of, with its lane; *made 0: it says too little. */
int rp_otlp_call(struct rp_otlp_spans *s, const struct rp_otlp_span *span, const char *lane,
                 int *made);
int rp_otlp_tool(struct rp_otlp_spans *s, const struct rp_otlp_span *span, const char *lane,
                 int64_t after);

#endif
