/* exec_op.h - an operation of scenario.md as rp_op_compile leaves it and rp_exec_op runs it. */
#ifndef RP_EXEC_OP_H
#define RP_EXEC_OP_H

#include "exec.h"

enum rp_op_kind {
    RP_OP_PASS,
    RP_OP_UPPER,
    RP_OP_APPEND,
    RP_OP_ADD,
    RP_OP_JOIN,
    RP_OP_SUM,
    RP_OP_STATE_APPEND,
    RP_OP_STATE_READ,
    RP_OP_ASK,
    RP_OP_FAIL,
    RP_OP_FAIL_ON,
    RP_OPS
};

/* "upper" */
const char *rp_op_name(enum rp_op_kind kind);

enum rp_op_then { RP_OP_SEND, RP_OP_YIELD, RP_OP_BOTH, RP_OP_YIELD_AT_LEAST };

struct rp_op {
    enum rp_op_kind kind;
    enum rp_op_then then;
    struct rp_value text; /* append: text; join: separator; fail: message */
    int64_t number;       /* add: number; fail_on: visit */
    int64_t at_least;     /* RP_OP_YIELD_AT_LEAST */
    uint32_t copies;
    const char *key;    /* of the shared state */
    const char *target; /* NULL: to all edges */
};

#endif
