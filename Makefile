# moefield - build, test, install. `make help` lists the targets.
#
# Everything is built under $(BUILD); the rest of the tree is left alone.
# SPDX-License-Identifier: MIT

# ---- what you may set ----------------------------------------------------------------------------

CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR    ?=
BLAS_PC    ?= openblas#      pkg-config names of a CBLAS and a LAPACK
BUILD      ?= build
CLANG      ?= clang
WERROR     ?=#               1: warnings are errors
ASSERT     ?=#               1: assertions stay in
TESTS      ?= $(wildcard tests/unit/*.c tests/known/*.c tests/golden/*.c)
V          ?=#               1: print the commands
POINTS     ?= 10000#         bench-transport: the most points of a row
#             CC, CXX, CPPFLAGS, LDFLAGS as usual

# ---- names ---------------------------------------------------------------------------------------

version  := $(shell sed -n 's/^.define MOEI_VERSION "\(.*\)"/\1/p' lib/base/base.h)
soname   := libmoefield.so.$(firstword $(subst ., ,$(version)))
static   := $(BUILD)/libmoefield.a
shared   := $(BUILD)/libmoefield.so.$(version)
headers  := $(wildcard include/moefield/*.h)
sources  := $(filter-out lib/qnn/kernels.c,$(wildcard lib/*/*.c))
examples := $(wildcard docs/examples/*.c)
benches  := $(wildcard tests/bench/*.c)
support  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
tests    := $(TESTS:%.c=$(BUILD)/%)

# The kernels are compiled once for each instruction set; the library chooses among them when it runs.
isas       := plain $(if $(filter x86_64%,$(shell $(CC) -dumpmachine)),avx2 avx512)
isa_avx2   := -mavx2 -mfma
isa_avx512 := -mavx512f -mavx512dq -mavx512vl -mprefer-vector-width=512
kernels    := $(if $(wildcard lib/qnn/kernels.c),$(isas:%=$(BUILD)/lib/qnn/kernels.%.o))
objects    := $(sources:%.c=$(BUILD)/%.o) $(kernels)

# ---- flags ---------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
            -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wformat=2 $(if $(WERROR),-Werror) \
            $(if $(findstring clang,$(CC)),,-Wdouble-promotion)# clang counts INFINITY as a float promoted
compile   = $(CC) -std=c11 -D_POSIX_C_SOURCE=200809L $(if $(ASSERT),,-DNDEBUG) -Iinclude -Ilib -fPIC \
            -fvisibility=hidden -pthread $(warnings) $(CPPFLAGS) $(CFLAGS)
link      = $(CC) -pthread $(CFLAGS) $(LDFLAGS)
system   := -lm -lpthread
# Asked of pkg-config only when a recipe runs: by then `make deps` has had its turn.
blas_cflags = $(shell pkg-config --cflags $(BLAS_PC))
blas_libs   = $(shell pkg-config --libs $(BLAS_PC))
test_cflags = -Itests -DTEST_SOURCE_DIR='"$(CURDIR)"' -Wno-double-promotion \
              $(shell pkg-config --cflags cmocka jansson)# complex.h's I is a float
test_libs   = $(shell pkg-config --libs cmocka jansson)

extra       =#               what one source needs besides

Q := $(if $(V),,@)
say = @$(if $(V),true,echo "  $(1) $@")

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all
all: $(static) $(shared) ## build the static and the shared library (the default)

# ---- what the system must provide ----------------------------------------------------------------

# Debian package:proof that it is there, which is a command or the .pc file of a library
needs    := pkg-config:pkg-config $(if $(filter openblas,$(BLAS_PC)),libopenblas-dev:openblas.pc) \
            libcmocka-dev:cmocka.pc libjansson-dev:jansson.pc gnuplot-nox:gnuplot valgrind:valgrind
needs_ci := clang:clang g++:g++ gfortran:gfortran# Debian's openblas.pc asks for -lgfortran in static links

define install_missing
@missing=; \
for need in $(1); do \
    package=$${need%%:*}; proof=$${need#*:}; \
    case $$proof in \
    *.pc) pkg-config --exists "$${proof%.pc}" 2>/dev/null ;; \
    *) command -v "$$proof" >/dev/null ;; \
    esac || missing="$$missing $$package"; \
done; \
test -n "$$missing" || exit 0; \
if ! command -v apt-get >/dev/null; then \
    echo "Please install, under the names your system has for these Debian packages:$$missing" >&2; exit 1; \
fi; \
root=; \
if test "$$(id -u)" != 0; then \
    root=sudo; \
    command -v sudo >/dev/null || \
        { echo "Please run as root: apt-get install$$missing" >&2; exit 1; }; \
fi; \
echo "installing$$missing"; \
$$root apt-get update -q || echo "apt-get update failed; trying with the package lists there are"; \
$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing
endef

.PHONY: deps deps-ci ready ready-tests
deps: ## install what building, testing and the demo need, by apt, if it is missing
	$(call install_missing,$(needs))

deps-ci: deps ## install what the other checks need besides
	$(call install_missing,$(needs_ci))

# Every compilation waits for `ready`, which waits for `deps` if that was asked for in the same call.
ready: $(filter deps deps-ci,$(MAKECMDGOALS))
	@pkg-config --exists $(BLAS_PC) 2>/dev/null || { \
	    echo "moefield needs pkg-config and $(BLAS_PC): run 'make deps' (Debian, Ubuntu), or install" \
	         "them and name your BLAS and LAPACK with BLAS_PC=..." >&2; exit 1; }

ready-tests: ready
	@pkg-config --exists cmocka jansson || { \
	    echo "the tests need cmocka and jansson: run 'make deps', or install them" >&2; exit 1; }

# ---- the library ---------------------------------------------------------------------------------

# Changes when the compiler or its flags do: then everything is compiled anew.
.PHONY: always
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(compile) $(LDFLAGS) $(BLAS_PC))' | cmp -s - $@ || \
	 echo '$(subst ','\'',$(compile) $(LDFLAGS) $(BLAS_PC))' > $@

$(BUILD)/%.o: %.c $(BUILD)/flags | ready
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(compile) $(extra) -MMD -MP -c $< -o $@

$(BUILD)/lib/base/blas.o: extra = $(blas_cflags)

$(kernels): $(BUILD)/lib/qnn/kernels.%.o: lib/qnn/kernels.c $(BUILD)/flags | ready
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(compile) -O3 -ffp-contract=fast $(isa_$*) -DQNNI_ISA=$* -MMD -MP -c $< -o $@

$(static): $(objects)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(shared): $(objects) lib/moefield.map
	$(call say,LD)
	$(Q)$(link) -shared -Wl,-soname,$(soname) -Wl,--version-script=lib/moefield.map -Wl,--no-undefined \
	    $(objects) $(blas_libs) $(system) -o $@
	@ln -sf $(@F) $(BUILD)/$(soname)
	@ln -sf $(soname) $(BUILD)/libmoefield.so

# ---- installation --------------------------------------------------------------------------------

# moefield.pc names its directories relative to itself
from = $(shell realpath -m --relative-to='$(1)' '$(2)')
libraries := libmoefield.a libmoefield.so libmoefield.so.$(version) $(soname)

.PHONY: install uninstall
install: all ## install headers, libraries and moefield.pc under $(DESTDIR)$(PREFIX)
	install -d '$(DESTDIR)$(INCLUDEDIR)/moefield' '$(DESTDIR)$(LIBDIR)/pkgconfig'
	install -m 644 $(headers) '$(DESTDIR)$(INCLUDEDIR)/moefield'
	install -m 644 $(static) $(shared) '$(DESTDIR)$(LIBDIR)'
	ln -sf libmoefield.so.$(version) '$(DESTDIR)$(LIBDIR)/$(soname)'
	ln -sf $(soname) '$(DESTDIR)$(LIBDIR)/libmoefield.so'
	sed -e 's|@prefix@|$(call from,$(LIBDIR)/pkgconfig,$(PREFIX))|' \
	    -e 's|@libdir@|$(call from,$(PREFIX),$(LIBDIR))|' \
	    -e 's|@includedir@|$(call from,$(PREFIX),$(INCLUDEDIR))|' \
	    -e 's|@version@|$(version)|' -e 's|@blas@|$(BLAS_PC)|' \
	    pkgconfig/moefield.pc.in > '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield.pc'
	chmod 644 '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield.pc'

uninstall: ## remove what `make install` with the same variables put there
	rm -f $(patsubst include/%,'$(DESTDIR)$(INCLUDEDIR)/%',$(headers))
	rm -f $(libraries:%='$(DESTDIR)$(LIBDIR)/%') '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield.pc'
	test ! -d '$(DESTDIR)$(INCLUDEDIR)/moefield' || rmdir '$(DESTDIR)$(INCLUDEDIR)/moefield'

# ---- tests ---------------------------------------------------------------------------------------

.PHONY: check check-asan check-tsan check-valgrind check-clang check-rooms check-symbols check-install format-check
check: $(tests) ## build and run all tests (TESTS=tests/unit/test_law.c: only that one)
	@RUN='$(RUN)' tests/run.sh $(tests)

$(tests) $(benches:%.c=$(BUILD)/%): $(BUILD)/%: $(BUILD)/%.o $(support) $(static)
	$(call say,LD)
	$(Q)$(link) $^ $(test_libs) $(blas_libs) $(system) -o $@

$(BUILD)/tests/%.o: extra = $(test_cflags)
$(tests:%=%.o) $(support) $(benches:%.c=$(BUILD)/%.o): | ready-tests

sanitize = CFLAGS='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(1)' ASSERT=1

check-asan: | ready-tests ## the tests under gcc's address, leak and undefined-behaviour sanitizers
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    $(MAKE) check BUILD=$(BUILD)/asan $(call sanitize,address,undefined)

check-tsan: | ready-tests ## the tests under the thread sanitizer
	OPENBLAS_NUM_THREADS=1 $(MAKE) check BUILD=$(BUILD)/tsan $(call sanitize,thread)

check-valgrind: $(tests) ## the tests under valgrind; takes TESTS= as check does
	@command -v valgrind >/dev/null || { echo "valgrind is not installed: run 'make deps'" >&2; exit 1; }
	@RUN='valgrind -q --leak-check=full --error-exitcode=99' tests/run.sh $(tests)

check-clang: | ready-tests ## the tests built by clang, with every warning an error
	@command -v $(CLANG) >/dev/null || \
	    { echo "$(CLANG) is not installed: run 'make deps-ci'" >&2; exit 1; }
	$(MAKE) check BUILD=$(BUILD)/clang CC=$(CLANG) WERROR=1 ASSERT=1

check-rooms: ## no room of lib/ includes from a later one
	tests/abi/check_rooms.sh

check-symbols: all ## headers, lib/moefield.map and the library's symbols agree
	tests/abi/check_symbols.sh $(shared) $(static) '$(CC)'

check-install: all ## install, use from C and C++ through pkg-config, uninstall
	tests/install/run.sh '$(MAKE)' '$(BUILD)' '$(CC)' '$(CXX)' '$(BLAS_PC)'

format-check: ## clang-format agrees with every source file
	@command -v clang-format >/dev/null || { echo "clang-format is not installed" >&2; exit 1; }
	clang-format --dry-run -Werror $(headers) $(wildcard lib/*/*.[ch] tests/*/*.[ch] docs/examples/*.[ch])

.PHONY: fuzz-qasm
fuzz-qasm: ## build build/fuzz/fuzz_qasm, libFuzzer on the reader of OpenQASM 3 (needs clang)
	@mkdir -p $(BUILD)/fuzz
	$(MAKE) $(BUILD)/fuzz/lib/libmoefield.a BUILD=$(BUILD)/fuzz/lib CC=$(CLANG) ASSERT=1 \
	    CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
	$(CLANG) -std=c11 -Iinclude -O1 -g -fsanitize=fuzzer,address,undefined tests/fuzz/fuzz_qasm.c \
	    $(BUILD)/fuzz/lib/libmoefield.a $(blas_libs) $(system) -o $(BUILD)/fuzz/fuzz_qasm

# ---- examples, demo, benchmarks ------------------------------------------------------------------

.PHONY: examples demo bench bench-build
examples: $(examples:docs/%.c=$(BUILD)/%) ## build docs/examples

# an example sees the public headers only
$(BUILD)/examples/%: docs/examples/%.c $(static) $(headers) | ready
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -Iinclude $(warnings) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(static) \
	    $(blas_libs) $(system) -o $@

demo: $(BUILD)/examples/iris_chaos ## train, find the limit, measure the distance; draws a figure
	@command -v gnuplot >/dev/null || { echo "the demo needs gnuplot: run 'make deps'" >&2; exit 1; }
	@mkdir -p $(BUILD)/demo
	$(BUILD)/examples/iris_chaos docs/examples/data/iris.csv $(BUILD)/demo
	gnuplot -e "csv='$(BUILD)/demo/chaos.csv'; svg='$(BUILD)/demo/chaos.svg'" docs/examples/chaos.gp
	@echo "the figure is $(BUILD)/demo/chaos.svg, its numbers are $(BUILD)/demo/chaos.csv"

bench-build: $(benches:%.c=$(BUILD)/%) ## build the benchmarks

bench: $(benches:%.c=$(BUILD)/%) ## build and run the benchmarks
	@for program in $^; do echo "== $$program"; $$program || exit 1; done

.PHONY: bench-transport
bench-transport: $(BUILD)/tests/bench/bench_transport ## distances, beside POT and SciPy where installed: build/bench/transport.csv
	@mkdir -p $(BUILD)/bench
	$< $(POINTS) | python3 tests/bench/bench_transport.py > $(BUILD)/bench/transport.csv
	@cat $(BUILD)/bench/transport.csv

# ---- the rest ------------------------------------------------------------------------------------

.PHONY: help clean
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
	    while read -r name text; do printf '  %-16s%s\n' "$$name" "$$text"; done

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

-include $(objects:.o=.d) $(support:.o=.d) $(tests:%=%.d) $(benches:%.c=$(BUILD)/%.d)
