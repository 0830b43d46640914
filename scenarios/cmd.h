/* cmd.h - the subcommands of the program. Each gets the arguments after its own name and returns
 * the program's exit status: 0, 1 (a test differs, a checkpoint is damaged), 2 (bad usage, bad
 * input, output that failed).
 */
#ifndef RP_CMD_H
#define RP_CMD_H

int rp_cmd_run(int argc, char **argv);
int rp_cmd_trace(int argc, char **argv);
int rp_cmd_check(int argc, char **argv);
int rp_cmd_graph(int argc, char **argv);
int rp_cmd_test(int argc, char **argv);
int rp_cmd_resume(int argc, char **argv);
int rp_cmd_record(int argc, char **argv);
int rp_cmd_replay(int argc, char **argv);
int rp_cmd_checkpoints(int argc, char **argv);
int rp_cmd_serve(int argc, char **argv);
int rp_cmd_cassette(int argc, char **argv);
int rp_cmd_explore(int argc, char **argv);
int rp_cmd_merge(int argc, char **argv);
int rp_cmd_bench(int argc, char **argv);

#endif
