# The project's ladder: settings, lists, rules, and the checks from quick to thorough.
# `make help` tells the targets. Settings may stand in config.mk.
-include config.mk

# ---- settings --------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin AR),default)
AR = ar
endif
CLANG ?= clang
B ?= build# where everything goes; each variant has a folder of its own below build/
OPT ?= -O2 -g
SAN ?=
DEFS ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 1)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
    -Wvla -Wundef -Wwrite-strings -Wimplicit-fallthrough -Wswitch-enum -Wdate-time -Werror
# The engine is plain C11; the rooms around it may use POSIX.
COMPILE = $(CC) -std=c11 $(WARN) $(OPT) $(SAN) -I. $(DEFS) $(CFLAGS)
# Offsets and inodes of 64 bits where a C library has smaller ones: others it cannot even list.
POSIX = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64
LINK = $(CC) $(OPT) $(SAN) $(LDFLAGS)
# These are linked in: a process that loads them as shared libraries takes twice as long to start.
LIBS = -Wl,-Bstatic -lsqlite3 -lyaml -lz -Wl,-Bdynamic -lm $(LDLIBS)
# These load some thirty libraries: only in reprise-net, and in tests that open connections.
NET_LIBS = -Wl,--as-needed -lcurl -lmicrohttpd
TEST_LIBS = -Wl,--as-needed -lcmocka -lcjson $(NET_LIBS)

# All cores by default; what a job prints stays together.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS) -Otarget
endif
MAKEFLAGS += -r --no-print-directory

# ---- lists -----------------------------------------------------------------------------------

sources = $(sort $(foreach dir,$(1),$(wildcard $(dir)/*.c)))
objects = $(patsubst %.c,$(B)/%.o,$(1))
tests = $(foreach file,$(1),$(if $(filter test_%,$(notdir $(file))),$(file)))
programs = $(patsubst %.c,$(B)/tests/%,$(notdir $(1)))

CORE := $(call sources,engine engine/base)
OS := $(call sources,engine/os)
MOCKS := $(call sources,mocks mocks/wire mocks/formats mocks/serve)
# Built twice: with a network, and without.
WITH_NET := scenarios/network_here.c bench/bench_w7.c
WITHOUT_NET := scenarios/network_none.c bench/bench_w7_none.c
SCENARIOS := $(filter-out scenarios/main.c $(WITH_NET) $(WITHOUT_NET),$(call sources,scenarios))
PROGRAM := scenarios/main.c $(filter-out $(WITH_NET) $(WITHOUT_NET),$(call sources,bench))
EXAMPLES := $(filter-out scenarios/examples/example.c,$(call sources,scenarios/examples))
EXAMPLE_HELP := $(wildcard scenarios/examples/example.c)
FUZZ := $(filter-out fuzz/main.c,$(call sources,fuzz))
QUICK := $(call tests,$(call sources,tests/unit tests/story))
OOM := $(call tests,$(call sources,tests/oom))
CRASH := $(call sources,tests/crash)
MATRIX := $(call sources,tests/matrix)
# What stands in the tests' rooms and is no test itself: an archive for all of them.
SUPPORT := $(filter-out $(QUICK) $(OOM),\
    $(call sources,tests/support tests/unit tests/story tests/oom))
ALL := $(CORE) $(OS) $(MOCKS) $(SCENARIOS) $(PROGRAM) $(WITH_NET) $(WITHOUT_NET) \
    $(EXAMPLES) $(EXAMPLE_HELP) $(QUICK) $(OOM) \
    $(SUPPORT) $(CRASH) $(MATRIX) $(call sources,fuzz)

REPRISE := $(B)/reprise $(B)/reprise-net
EXAMPLE_PROGRAMS := $(patsubst scenarios/%.c,$(B)/%,$(EXAMPLES))
FUZZ_TARGETS := $(patsubst %.c,$(B)/%,$(FUZZ))
QUICK_TESTS := $(call programs,$(QUICK))
OOM_TESTS := $(call programs,$(OOM))
CRASH_PROGRAMS := $(patsubst tests/crash/%.c,$(B)/crash/%,$(CRASH))
# Each archive needs only those after it.
ARCHIVES := $(addprefix $(B)/,libscenarios.a libmocks.a libreprise_os.a libreprise.a)

ifndef V # V=1 shows the commands
.SILENT:
endif
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# ---- rules -----------------------------------------------------------------------------------

# Objects are made anew when the command that makes them is another.
$(B)/flags: FORCE
	mkdir -p $(@D)
	echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' >$@
FORCE:

$(call objects,$(CORE)): $(B)/%.o: %.c $(B)/flags
	echo "compile $< ($(B))"
	mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

$(call objects,$(filter-out $(CORE),$(ALL))): $(B)/%.o: %.c $(B)/flags
	echo "compile $< ($(B))"
	mkdir -p $(@D)
	$(COMPILE) $(POSIX) -MMD -MP -c -o $@ $<

$(B)/libreprise.a: $(call objects,$(CORE))
$(B)/libreprise_os.a: $(call objects,$(OS))
$(B)/libmocks.a: $(call objects,$(MOCKS))
$(B)/libscenarios.a: $(call objects,$(SCENARIOS))
$(B)/libtests.a: $(call objects,$(SUPPORT))
$(ARCHIVES) $(B)/libtests.a: $(B)/flags
	rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)

$(B)/reprise: $(call objects,$(PROGRAM) $(WITHOUT_NET)) $(ARCHIVES)
	echo "link $@"
	$(LINK) -o $@ $(filter %.o,$^) $(ARCHIVES) $(LIBS)

$(B)/reprise-net: $(call objects,$(PROGRAM) $(WITH_NET)) $(ARCHIVES)
	echo "link $@"
	$(LINK) -o $@ $(filter %.o,$^) $(ARCHIVES) $(LIBS) $(NET_LIBS)

$(EXAMPLE_PROGRAMS): $(B)/examples/%: $(B)/scenarios/examples/%.o \
    $(call objects,$(EXAMPLE_HELP)) $(ARCHIVES)
	echo "link $@"
	mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(ARCHIVES) $(LIBS)

$(FUZZ_TARGETS): $(B)/%: $(B)/%.o $(B)/fuzz/main.o $(ARCHIVES)
	echo "link $@"
	$(LINK) -o $@ $(filter %.o %.a,$^) $(LIBS)

define test_program
$(call programs,$(1)): $(call objects,$(1)) $(B)/libtests.a $(ARCHIVES)
	echo "link $$@"
	mkdir -p $$(@D)
	$$(LINK) -o $$@ $$(filter %.o %.a,$$^) $$(TEST_LIBS) $$(LIBS)
endef
$(foreach test,$(QUICK) $(OOM),$(eval $(call test_program,$(test))))

$(CRASH_PROGRAMS): $(B)/crash/%: $(B)/tests/crash/%.o $(B)/libtests.a $(ARCHIVES)
	echo "link $@"
	mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o %.a,$^) $(TEST_LIBS) $(LIBS)

# Digests of runs. PARTS: the sources that it needs, where the libraries of the others are missing;
# a link with the archives tells them.
$(B)/determinism: $(call objects,$(MATRIX)) $(if $(PARTS),$(call objects,$(PARTS)),$(ARCHIVES))
	echo "link $@"
	$(LINK) -Wl,-t,-t -o $@ $(filter %.o %.a,$^) $(LIBS) >$@.parts

-include $(patsubst %.o,%.d,$(call objects,$(ALL)))

# ---- targets ---------------------------------------------------------------------------------

.PHONY: all program tests examples demo test check check-small check-oom check-asan check-same \
    check-valgrind check-budget check-clients check-all check-crash check-crash-short \
    check-zoo check-zoo-short check-determinism check-determinism-short \
    check-asan-quick check-same-short check-valgrind-short \
    soak check-splits run-tests run-oom run-fuzz run-examples readme tidy symbols layers \
    format bench coverage \
    clean help FORCE

all: program examples ## the archives, build/reprise and the examples
program: $(ARCHIVES) $(REPRISE) ## the archives and build/reprise
examples: $(EXAMPLE_PROGRAMS)
tests: $(QUICK_TESTS) $(OOM_TESTS) $(FUZZ_TARGETS) ## the test programs

demo: ## sets the machine up, builds, plays three scenarios twice and compares their traces
	+tests/setup.sh
	+$(MAKE) program
	+scenarios/demo.sh $(B)/reprise

test: ## everything that is needed to trust a change, from a bare machine
	+tests/setup.sh
	+MAKE='$(MAKE)' tests/everything.sh

check: tidy symbols run-tests run-fuzz run-examples readme ## seconds; before every commit

check-small: ## the tests again, with limits small enough to be met
	+$(MAKE) B=build/small DEFS='-DRP_TESTMODE -Itests' run-tests

OBJECTS = B=build/objects DEFS=-DRP_HEAP_CHUNK=1 # each object of a heap an allocation of its own
check-oom: ## every allocation fails once, down to single objects
	+$(MAKE) $(OBJECTS) run-oom

ASAN = B=build/asan OPT='-O1 -g' SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
check-asan: ## all tests under gcc's address and undefined behaviour sanitizers
	+$(MAKE) $(ASAN) run-tests run-oom run-fuzz run-examples

check-same: ## the same traces from other compilers, locales, time zones, folders, environments
	+MAKE='$(MAKE)' tests/same.sh

check-determinism: ## the same digests of 1,000 seeds from other compilers, settings and machines
	+tests/matrix/setup.sh
	+JOBS=$(JOBS) MAKE='$(MAKE)' tests/determinism.sh

check-valgrind: program examples tests ## no error and no leak in any scenario, test and example
	JOBS=$(JOBS) tests/valgrind.sh $(B)

# Short forms, for `make test`.
check-asan-quick:
	+$(MAKE) $(ASAN) run-tests run-fuzz
check-crash-short:
	+$(MAKE) check-crash POINTS=2000 STEPS=20000
check-same-short:
	+MAKE='$(MAKE)' tests/same.sh --short
check-determinism-short:
	+JOBS=$(JOBS) MAKE='$(MAKE)' tests/determinism.sh --short
check-valgrind-short: program examples $(filter %/test_cli,$(QUICK_TESTS))
	JOBS=$(JOBS) tests/valgrind.sh $(B) --short

# The commands of this build, for programs with something planted in them.
ZOO = COMPILE='$(COMPILE) $(POSIX)' LINK='$(LINK)' LIBS='$(LIBS)'
check-zoo: program ## planted bugs are found and made small, planted faults of determinism located
	$(ZOO) SEEDS=$(SEEDS) JOBS=$(JOBS) tests/zoo.sh $(B)
	$(ZOO) tests/zoo-faults.sh $(B)
check-zoo-short: program
	$(ZOO) tests/zoo.sh $(B) --short

POINTS = 60000# of each kind of durable store
STEPS = 1000000# operations on all stores and a model of them
check-crash: $(CRASH_PROGRAMS) $(filter %/test_store_model,$(QUICK_TESTS)) ## stores stopped, torn, refused
	for program in $(CRASH_PROGRAMS); do $$program --points $(POINTS) || exit 1; done
	$(B)/tests/test_store_model $(STEPS)

soak: program ## a million seeds, each run, run again and replayed from its tape
	for file in tests/zoo/*.json; do \
	    $(B)/reprise explore --quiet --twice --jobs $(JOBS) --seeds 100000 $$file || exit 1; done

check-splits: $(filter %/test_wire_split,$(QUICK_TESTS)) ## 10,000 replies of models, cut at every byte
	WIRE_STREAMS=3334 $(B)/tests/test_wire_split

check-clients: program ## real clients against `reprise serve`; needs node, npm and its registry
	tests/clients/run.sh $(B)/reprise $(B)/clients

check-all: ## every rung
	+$(MAKE) check
	+$(MAKE) check-small
	+$(MAKE) check-oom
	+$(MAKE) check-asan
	+$(MAKE) check-same
	+$(MAKE) check-determinism
	+$(MAKE) check-valgrind
	+$(MAKE) check-crash
	+$(MAKE) check-zoo SEEDS=1000000
	+$(MAKE) check-budget

run-tests: $(QUICK_TESTS) $(REPRISE) ## unit tests, stories, conformance
	JOBS=$(JOBS) REPRISE=$(B)/reprise tests/run.sh $(B)/tests/quick $(QUICK_TESTS)

run-oom: $(OOM_TESTS)
	JOBS=$(JOBS) tests/run.sh $(B)/tests/oom $(OOM_TESTS)

# Kept inputs of each target, and every scenario and trace: no fuzzer is needed.
run-fuzz: $(FUZZ_TARGETS)
	for target in $(FUZZ_TARGETS); do \
	    find "fuzz/corpus/$${target##*/fuzz_}" scenarios tests/conformance \
	        \( -path 'fuzz/corpus/*' -o -name '*.json' -o -name '*.trace' \) -type f \
	        2>/dev/null | LC_ALL=C sort | tr '\n' '\0' | xargs -0 "$$target" || exit 1; \
	done

# AFL++ with its compiler; goes on until it is stopped. fuzz-json, fuzz-scenario.
fuzz-%:
	+$(MAKE) B=build/afl CC=afl-clang-fast OPT='-O2 -g -Wno-error' build/afl/fuzz/fuzz_$*
	mkdir -p build/afl/in-$*
	cp tests/conformance/graph-*.json build/afl/in-$*
	afl-fuzz -i build/afl/in-$* -o build/afl/out-$* build/afl/fuzz/fuzz_$*

run-examples: $(EXAMPLE_PROGRAMS) ## the examples say what is expected
	tests/examples/run.sh $(B)/examples

readme: program ## the README's scenario and program do what it says
	CC='$(CC)' tests/readme.sh $(B)

tidy: ## form of the source: lines, functions, calls, includes, headers
	CC='$(CC)' tests/tidy

symbols: $(B)/libreprise.a $(B)/reprise ## what the engine and the program need from outside
	tests/symbols.sh $(B)/libreprise.a $(B)/reprise

layers: ## writes tests/LAYERS anew from the includes that there are
	tests/layers.sh --write

format: ## clang-format over every C file
	clang-format -i $(sort $(ALL) $(foreach dir,$(sort $(dir $(ALL))),$(wildcard $(dir)*.h)))

bench: program ## figures of the engine on this machine
	bench/run.sh $(B)/reprise

check-budget: program ## instructions of small workloads, within 5 % of bench/baseline.txt
	bench/budget.sh $(B)/reprise

coverage: ## lines that the tests reach, file by file
	rm -rf build/coverage
	+$(MAKE) B=build/coverage OPT='-O0 -g' SAN=--coverage run-tests run-oom
	tests/coverage.sh build/coverage

clean: ## removes build/
	rm -rf build

help: ## this list
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' Makefile
