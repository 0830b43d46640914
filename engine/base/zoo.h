/* zoo.h - bugs and faults that can be planted, to show that exploring finds them: a build with
 * -DRP_ZOO=NUMBER has one of them. Where it is planted the code asks `RP_ZOO == RP_ZOO_NAME`, a
 * constant: of the clean build they are no part. tests/zoo.sh goes through all of them. */
#ifndef RP_ZOO_H
#define RP_ZOO_H

#ifndef RP_ZOO
#define RP_ZOO 0 /* none */
#endif

/* X(NUMBER, NAME, "published as", "what happens"): keys as in the catalogue of orchestration
 * failures: AF microsoft/agent-framework, AG microsoft/autogen, LG langchain-ai/langgraph,
 * LGS langchain-ai/langgraph-swarm-py, LGV langchain-ai/langgraph-supervisor-py,
 * PA pydantic/pydantic-ai, SK microsoft/semantic-kernel. */
#define RP_ZOO_BUGS(X)                                                                             \
    X(1, CANARY, "none", "a turn that ends well says that requests are open when none is")         \
    X(2, JOIN_LOST, "AF#6372", "a checkpoint leaves out what waits at joins")                      \
    X(3, JOIN_SURVIVES, "AF#7371", "what waits at joins survives a restore in the same instance")  \
    X(4, JOIN_HALF, "AF#3060", "a join that has fired once fires with any message from then on")   \
    X(5, HISTORY_TWICE, "AF#2667", "a restore merges an agent's history with itself")              \
    X(6, ANSWERED_AGAIN, "AF#3255", "a restored sub-workflow asks again what was answered")        \
    X(7, NOT_ANNOUNCED, "AF#2485", "a restore does not tell of the requests that are open")        \
    X(8, CHILD_RESTARTS, "LG#8458", "a restored sub-workflow begins anew when it is answered")     \
    X(9, SAME_SPEAKER, "AG#8152", "without a valid choice the previous speaker speaks again")      \
    X(10, LATE_WRITES, "AF#7859", "what a failed superstep wrote is committed by a later one")     \
    X(11, TWO_APPROVALS, "AF#8577", "one tool call is asked about twice")                          \
    X(12, NEVER_RUNS, "AF#3034", "an approved tool does not run")                                  \
    X(13, TARGET_IDLE, "AF#2989", "the target of a handoff is told, and never runs")               \
    X(14, CALL_UNPAIRED, "LGV#27", "the call of a handoff gets no tool message")                   \
    X(15, FINISH_ORDER, "PA#2853", "results of tools stand in the order in which they finished")   \
    X(16, FIRST_SPEAKER, "AG#6944", "without a valid choice the first participant speaks")         \
    X(17, ENTRY_AGENT, "AF#8247", "an approval goes to the agent that the run began with")         \
    X(18, ANSWERS_SWAPPED, "LG#6542", "answers to parallel requests are swapped")                  \
    X(19, LINEAGE_STOPS, "LG#4987", "after a restore checkpoints all follow the restored one")     \
    X(20, ERROR_SWALLOWED, "SK#13170", "a model call that fails is taken for an empty reply")      \
    X(21, SAID_AGAIN, "AF#7217", "what was streamed is sent again when the agent completes")       \
    X(22, INPUT_ECHOED, "AF#4263", "an agent's output repeats the user's input")                   \
    X(23, RESULTS_VANISH, "LGS#26", "results of tools beside a handoff vanish")                    \
    X(24, RESETS_UNLIMITED, "AF#7595", "a manager plans anew beyond its limit of resets")          \
    X(25, APPROVAL_BYPASSED, "AF#6062", "one of several calls in a reply runs unapproved")         \
    X(26, OUTPUT_OVERWRITTEN, "AF#4766", "executors side by side overwrite each other's output")

/* X(NUMBER, NAME, "where", "what decides a run that should not"): faults of determinism. They stand
 * in mocks/ and scenarios/, for the engine has nothing that could decide: mocks/zoo_faults.h. */
#define RP_ZOO_FAULTS(X)                                                                           \
    X(50, HASH_ORDER, "world.c", "answers come in the order of a hash of addresses")               \
    X(51, POINTER_ORDER, "world.c", "answers come in the order of their addresses")                \
    X(52, UNSTABLE_SORT, "world.c", "answers are sorted with a pivot by chance")                   \
    X(53, UNINITIALISED, "script_tools.c", "a byte of fresh memory")                               \
    X(54, STACK, "script_tools.c", "what an earlier call left on the stack")                       \
    X(55, SHARED_RANDOM, "script_tools.c", "a random stream that all runs share")                  \
    X(56, LEFTOVER, "script_tools.c", "which tool the run before called last")                     \
    X(57, PADDING, "script.c", "a digest of a struct with its padding")                            \
    X(58, CLOCK, "script.c", "the time of day, in an id")                                          \
    X(59, ADDRESS_ID, "script.c", "an address, in an id")                                          \
    X(60, COUNTER, "script.c", "a counter that all runs share, in an id")                          \
    X(61, PROCESS, "script.c", "the number of the process, in an id")                              \
    X(62, ENVIRONMENT, "script.c", "a variable of the environment")                                \
    X(63, FOLDER, "script.c", "the working folder")                                                \
    X(64, LOCALE, "script.c", "how many characters the locale sees in a text")                     \
    X(65, FLOAT_FORMAT, "script.c", "a number written with the locale's decimal point")            \
    X(66, TIME_ZONE, "script.c", "a local time")                                                   \
    X(67, ALLOCATION, "script.c", "whether a block of memory had to move to grow")

enum rp_zoo {
#define X(number, NAME, reference, sentence) RP_ZOO_##NAME = (number),
    RP_ZOO_BUGS(X) RP_ZOO_FAULTS(X)
#undef X
};

#endif
