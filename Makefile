# moefield - build, test, install. `make help` lists the targets.
#
# Everything is built under $(BUILD); the rest of the tree is left alone.
# SPDX-License-Identifier: MIT

# ---- what you may set ----------------------------------------------------------------------------

CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share
DESTDIR    ?=
BLAS_PC    ?= openblas#      pkg-config names of a CBLAS and a LAPACK
BUILD      ?= build
CLANG      ?= clang
WERROR     ?=#               1: warnings are errors
ASSERT     ?=#               1: assertions stay in
TESTS      ?= $(wildcard tests/unit/*.c tests/known/*.c tests/golden/*.c tests/long/*.c)
V          ?=#               1: print the commands
POINTS     ?= 10000#         bench-transport: the most points of a row
LIMIT      ?= 60#            bench-transport: CPU seconds after which a row is cancelled
EXPERTS    ?= 10000000#      bench-memory
PEERS      ?= 10000#         bench-transport: the most points POT and SciPy are asked for
PYTHON     ?= $(or $(wildcard /usr/bin/python3),python3)#  for check-program; bench-transport: one that finds POT and SciPy
MPI_PC     ?= ompi-c#        mpi: pkg-config name of the MPI that libmoefield_mpi is built for; mpich
MPIRUN     ?=#               check-mpi: what starts ranks with that MPI, if not mpirun.openmpi or mpirun.mpich
CARGO      ?= cargo#         check-ffi-rust
JULIA      ?= julia#         check-ffi-julia
FUZZ_SECONDS ?= 20#          check-fuzz: for each target
FUZZERS    ?=#               check-fuzz: only these, as qasm csv
CASES      ?=#               check-program: only these, as Study or Limit.test_one_qubit_in_closed_form
#             CC, CXX, CPPFLAGS, LDFLAGS as usual

# ---- names ---------------------------------------------------------------------------------------

version  := $(shell sed -n 's/^.define MOEI_VERSION "\(.*\)"/\1/p' lib/base/base.h)
abi      := 0#               counts the breaks of the ABI, whatever the version (docs/ABI.md)
soname   := libmoefield.so.$(abi)
static   := $(BUILD)/libmoefield.a
shared   := $(BUILD)/libmoefield.so.$(version)
headers  := $(wildcard include/moefield/*.h)
by_isa   := $(wildcard lib/qnn/*kernels.c)# compiled once for each instruction set
sources  := $(filter-out $(by_isa) lib/mpi/%,$(wildcard lib/*/*.c))
examples := $(wildcard docs/examples/*.c)
benches  := $(wildcard tests/bench/bench_*.c)
support  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
tests    := $(TESTS:%.c=$(BUILD)/%)
program  := $(BUILD)/moefield
pages    := $(BUILD)/man3/.made
pictures := $(wildcard program/pictures/*.gp)
program_objects := $(patsubst %.c,$(BUILD)/%.o,$(wildcard program/*.c)) $(BUILD)/program/scripts.o

# The kernels are compiled once for each instruction set; the library chooses among them when it runs.
machine    := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
isas       := plain $(if $(filter x86_64,$(machine)),avx2 avx512) $(if $(filter aarch64 arm64,$(machine)),neon)
isa_plain  := $(if $(filter aarch64 arm64,$(machine)),-ffp-contract=off)# neon without fused multiply-adds
isa_neon   := -march=armv8-a+simd
isa_avx2   := -mavx2 -mfma
isa_avx512 := -mavx512f -mavx512dq -mavx512vl -mprefer-vector-width=512
kernels    := $(foreach isa,$(isas),$(by_isa:%.c=$(BUILD)/%.$(isa).o)) \
              $(isas:%=$(BUILD)/lib/qnn/kernels.%.single.o)# with floats
anchors    := $(foreach isa,$(isas),$(isa:%=$(BUILD)/tests/bench/anchor_reupload.%.double.o) \
                                   $(isa:%=$(BUILD)/tests/bench/anchor_reupload.%.float.o))
bench_support := $(BUILD)/tests/bench/anchor_find.o $(BUILD)/tests/bench/circuits.o $(anchors)
objects    := $(sources:%.c=$(BUILD)/%.o) $(kernels)

# ---- flags ---------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
            -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wformat=2 $(if $(WERROR),-Werror) \
            $(if $(findstring clang,$(CC)),,-Wdouble-promotion)# clang counts INFINITY as a float promoted
compile   = $(CC) -std=c11 -D_POSIX_C_SOURCE=200809L $(if $(ASSERT),,-DNDEBUG) $(if $(findstring 64,$(BLAS_PC)),-DMOEI_BLAS_INT64) -Iinclude -Ilib -fPIC \
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
all: $(static) $(shared) $(pages) with-program ## build the libraries, and the program if jansson is there (the default)

# ---- what the system must provide ----------------------------------------------------------------

# Debian package:proof that it is there: a command, a file, or the .pc file of a library
needs    := pkg-config:pkg-config $(if $(filter openblas,$(BLAS_PC)),libopenblas-dev:openblas.pc) \
            libcmocka-dev:cmocka.pc libjansson-dev:jansson.pc gnuplot-nox:gnuplot python3:python3 \
            valgrind:valgrind
needs_ci := clang:clang clang-tidy:clang-tidy cppcheck:cppcheck gcovr:gcovr libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux g++:g++ cmake:cmake doxygen:doxygen abigail-tools:abidiff \
            python3-numpy:/usr/lib/python3/dist-packages/numpy gfortran:gfortran cargo:cargo# Debian's openblas.pc asks for -lgfortran in static links

define install_missing
@missing=; \
for need in $(1); do \
    package=$${need%%:*}; proof=$${need#*:}; \
    case $$proof in \
    *.pc) pkg-config --exists "$${proof%.pc}" 2>/dev/null ;; \
    /*) test -e "$$proof" ;; \
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

needs_bench := libsundials-dev:/usr/include/cvode/cvode.h \
    python3-scipy:/usr/lib/python3/dist-packages/scipy python3-pot:/usr/lib/python3/dist-packages/ot \
    python3-sklearn:/usr/lib/python3/dist-packages/sklearn

.PHONY: deps deps-ci deps-bench ready ready-tests
deps: ## install what building, testing and the demo need, by apt, if it is missing
	$(call install_missing,$(needs))

deps-ci: deps ## install what the other checks need besides
	$(call install_missing,$(needs_ci))

deps-bench: deps ## install what the benchmarks compare with
	$(call install_missing,$(needs_bench))

# Every compilation waits for `ready`, which waits for `deps` if that was asked for in the same call.
ready: $(filter deps deps-ci deps-bench,$(MAKECMDGOALS))
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

# sanitizers make -O3 of unrolled gates take a minute a file
kernel_level = $(if $(findstring -fsanitize,$(CFLAGS)),-O1,-O3)

define isa_rule
$(BUILD)/%.$(1).o: %.c $(BUILD)/flags | ready
	$$(call say,CC)
	@mkdir -p $$(@D)
	$$(Q)$$(compile) $(kernel_level) -ffp-contract=fast $(isa_$(1)) -DQNNI_ISA=$(1) -MMD -MP -c $$< -o $$@

$(BUILD)/%.$(1).single.o: %.c $(BUILD)/flags | ready
	$$(call say,CC)
	@mkdir -p $$(@D)
	$$(Q)$$(compile) $(kernel_level) -ffp-contract=fast $(isa_$(1)) -DQNNI_ISA=$(1) -DQNNI_SINGLE -MMD -MP -c $$< -o $$@
endef
$(foreach isa,$(isas),$(eval $(call isa_rule,$(isa))))

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

# ---- the program -----------------------------------------------------------------------------------

.PHONY: program with-program man
program: $(program) ## build the program moefield

# The library does without jansson; the program does not.
with-program: $(static) $(shared) | ready
	@if pkg-config --exists jansson; then $(MAKE) --no-print-directory program; \
	else echo "  without the program moefield, which needs jansson ('make deps')"; fi

# gnuplot's scripts become strings
$(BUILD)/program/scripts.c: $(pictures) program/pictures.sh
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)program/pictures.sh $(pictures) > $@

$(BUILD)/program/scripts.o: $(BUILD)/program/scripts.c $(BUILD)/flags | ready
	$(call say,CC)
	$(Q)$(compile) -Iprogram -c $< -o $@

$(BUILD)/program/%.o: extra = -Iprogram -DPROGRAM_VERSION='"$(version)"' -DPROGRAM_BLAS='"$(BLAS_PC)"' \
    $(shell pkg-config --cflags jansson)
$(program): $(program_objects) $(static)
	$(call say,LD)
	$(Q)$(link) $(program_objects) $(static) $(shell pkg-config --libs jansson) $(blas_libs) $(system) -o $@

# the manual's list of options is the program's own
man: $(program) ## renew the list of options in docs/man/moefield.1
	@$< --manual-options > $(BUILD)/options.mdoc
	@sed -i -e '/^\.\\" options begin/,/^\.\\" options end/{/options begin/{p;r $(BUILD)/options.mdoc' \
	    -e '};/options end/!d}' docs/man/moefield.1

# ---- installation --------------------------------------------------------------------------------

# moefield.pc names its directories relative to itself
from = $(shell realpath -m --relative-to='$(1)' '$(2)')
libraries := libmoefield.a libmoefield.so libmoefield.so.$(version) $(soname)

cmakedir   := $(LIBDIR)/cmake/moefield
cmake_files := moefield-config.cmake moefield-config-version.cmake
manual     := $(DATADIR)/man/man1/moefield.1
man3       := $(DATADIR)/man/man3
released   := November 23, 2026# on the manual's pages
completion := $(DATADIR)/bash-completion/completions/moefield

# made once, before any `make install`: several may run at a time
$(pages): $(headers) docs/man/pages.sh docs/man/handles.awk lib/base/base.h Makefile
	$(call say,MAN)
	$(Q)docs/man/pages.sh $(version) '$(released)' $(@D)
	@touch $@

.PHONY: install uninstall
install: all ## install headers, libraries, moefield.pc and the program under $(DESTDIR)$(PREFIX)
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
	install -d '$(DESTDIR)$(man3)'
	install -m 644 $(BUILD)/man3/*.3 '$(DESTDIR)$(man3)'
	install -d '$(DESTDIR)$(cmakedir)'
	for file in $(cmake_files); do \
	    sed -e 's|@includedir@|$(call from,$(LIBDIR),$(INCLUDEDIR))|' -e 's|@version@|$(version)|' -e 's|@soname@|$(soname)|' \
	        -e 's|@blas@|$(BLAS_PC)|' pkgconfig/$$file.in > '$(DESTDIR)$(cmakedir)'/$$file; \
	    chmod 644 '$(DESTDIR)$(cmakedir)'/$$file; \
	done
	@if pkg-config --exists jansson; then $(MAKE) --no-print-directory install-program; \
	else echo "the program moefield is not installed: it needs jansson ('make deps')"; fi

.PHONY: reference
reference: ## the headers as HTML in docs/reference, by Doxygen; a warning is an error
	@command -v doxygen >/dev/null || { echo "doxygen is not installed: run 'make deps-ci'" >&2; exit 1; }
	@mkdir -p docs/reference
	@{ cat docs/doxygen/Doxyfile; echo 'OUTPUT_DIRECTORY = docs/reference'; echo 'PROJECT_NUMBER = $(version)'; } | doxygen -
	@echo docs/reference/index.html

.PHONY: dist
dist: ## pack what is committed into build/moefield-VERSION.tar.gz
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=moefield-$(version)/ -o $(BUILD)/moefield-$(version).tar.gz HEAD
	@echo $(BUILD)/moefield-$(version).tar.gz

.PHONY: install-program
install-program: $(program)
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(dir $(manual))' '$(DESTDIR)$(dir $(completion))'
	install -m 755 $(program) '$(DESTDIR)$(BINDIR)/moefield'
	install -m 644 docs/man/moefield.1 '$(DESTDIR)$(manual)'
	$(program) --completion > '$(DESTDIR)$(completion)'
	chmod 644 '$(DESTDIR)$(completion)'

uninstall: $(pages) ## remove what `make install` with the same variables put there
	rm -f $(patsubst include/%,'$(DESTDIR)$(INCLUDEDIR)/%',$(headers))
	rm -f $(libraries:%='$(DESTDIR)$(LIBDIR)/%') '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield.pc'
	rm -f '$(DESTDIR)$(BINDIR)/moefield' '$(DESTDIR)$(manual)' '$(DESTDIR)$(completion)'
	rm -f $(cmake_files:%='$(DESTDIR)$(cmakedir)/%')
	for page in $(BUILD)/man3/*.3; do rm -f '$(DESTDIR)$(man3)'/$${page##*/}; done
	test ! -d '$(DESTDIR)$(cmakedir)' || rmdir '$(DESTDIR)$(cmakedir)'
	test ! -d '$(DESTDIR)$(INCLUDEDIR)/moefield' || rmdir '$(DESTDIR)$(INCLUDEDIR)/moefield'

# ---- MPI, a library of its own ---------------------------------------------------------------------

# one build for each MPI, in a directory of its own
mpi_dir     = $(BUILD)/mpi/$(MPI_PC)
mpi_soname := libmoefield_mpi.so.$(abi)
mpi_shared  = $(mpi_dir)/libmoefield_mpi.so.$(version)
mpi_static  = $(mpi_dir)/libmoefield_mpi.a
mpi_cflags  = $(shell pkg-config --cflags $(MPI_PC) | sed 's/-I/-isystem /g')# its headers warn
mpi_libs    = $(shell pkg-config --libs $(MPI_PC))
mpi_libraries := libmoefield_mpi.a libmoefield_mpi.so libmoefield_mpi.so.$(version) $(mpi_soname)
mpi_tests   = $(patsubst tests/mpi/%.c,$(mpi_dir)/%,$(wildcard tests/mpi/*.c))

.PHONY: mpi install-mpi uninstall-mpi deps-mpi
deps-mpi: deps ## install Open MPI and MPICH
	$(call install_missing,libopenmpi-dev:ompi-c.pc openmpi-bin:mpirun.openmpi libmpich-dev:mpich.pc mpich:mpirun.mpich)

mpi: $(mpi_shared) $(mpi_static) ## build libmoefield_mpi for the MPI that MPI_PC names

$(mpi_dir)/communicator.o: lib/mpi/communicator.c include/moefield_mpi.h $(headers) $(BUILD)/flags | ready
	@pkg-config --exists $(MPI_PC) || { echo "pkg-config does not know $(MPI_PC): run 'make deps-mpi'" >&2; exit 1; }
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(compile) $(mpi_cflags) -c $< -o $@

$(mpi_static): $(mpi_dir)/communicator.o
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(mpi_shared): $(mpi_dir)/communicator.o lib/mpi/moefield_mpi.map $(shared)
	$(call say,LD)
	$(Q)$(link) -shared -Wl,-soname,$(mpi_soname) -Wl,--version-script=lib/mpi/moefield_mpi.map -Wl,--no-undefined \
	    $< -L$(BUILD) -lmoefield $(mpi_libs) -o $@
	@ln -sf $(@F) $(mpi_dir)/$(mpi_soname)
	@ln -sf $(mpi_soname) $(mpi_dir)/libmoefield_mpi.so

install-mpi: mpi ## install libmoefield_mpi, moefield_mpi.h and moefield_mpi.pc beside the library
	install -d '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig'
	install -m 644 include/moefield_mpi.h '$(DESTDIR)$(INCLUDEDIR)'
	install -m 644 $(mpi_static) $(mpi_shared) '$(DESTDIR)$(LIBDIR)'
	ln -sf libmoefield_mpi.so.$(version) '$(DESTDIR)$(LIBDIR)/$(mpi_soname)'
	ln -sf $(mpi_soname) '$(DESTDIR)$(LIBDIR)/libmoefield_mpi.so'
	sed -e 's|@prefix@|$(call from,$(LIBDIR)/pkgconfig,$(PREFIX))|' \
	    -e 's|@libdir@|$(call from,$(PREFIX),$(LIBDIR))|' \
	    -e 's|@includedir@|$(call from,$(PREFIX),$(INCLUDEDIR))|' \
	    -e 's|@version@|$(version)|' -e 's|@mpi@|$(MPI_PC)|' \
	    pkgconfig/moefield_mpi.pc.in > '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield_mpi.pc'
	chmod 644 '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield_mpi.pc'

uninstall-mpi: ## remove what `make install-mpi` with the same variables put there
	rm -f $(mpi_libraries:%='$(DESTDIR)$(LIBDIR)/%') '$(DESTDIR)$(LIBDIR)/pkgconfig/moefield_mpi.pc'
	rm -f '$(DESTDIR)$(INCLUDEDIR)/moefield_mpi.h'

$(mpi_tests): $(mpi_dir)/%: tests/mpi/%.c $(wildcard tests/mpi/*.h) $(mpi_static) $(static) | ready-tests
	$(call say,LD)
	$(Q)$(compile) $(mpi_cflags) -Itests $< $(mpi_static) $(static) $(mpi_libs) $(blas_libs) $(system) -o $@

.PHONY: mpi-tests check-mpi check-repro
mpi-tests: $(mpi_tests)

check-mpi: all ## flows and studies over 1 to 4 ranks, with Open MPI and with MPICH
	@for mpi in ompi-c mpich; do $(MAKE) --no-print-directory mpi mpi-tests MPI_PC=$$mpi || exit 1; done
	tests/mpi/run.sh '$(BUILD)' '$(MPIRUN)' $(RANKS)

mpi_start = $(or $(MPIRUN),mpirun.$(if $(findstring mpich,$(MPI_PC)),mpich,openmpi))
check-repro: all ## the same bits on every mix of 1 to 4 threads and 1 to 4 ranks (RANKS=2: of 1 and 2)
	@$(MAKE) --no-print-directory mpi mpi-tests
	tests/mpi/repro.sh $(mpi_dir) '$(mpi_start)' $(RANKS)

.PHONY: bench-scale
bench-scale: all ## time right-hand sides over threads and ranks of MPI_PC: build/bench/scale.csv
	@$(MAKE) --no-print-directory mpi $(mpi_dir)/bench_scale
	@mkdir -p $(BUILD)/bench
	tests/mpi/scale.sh $(mpi_dir)/bench_scale '$(mpi_start)' \
	    > $(BUILD)/bench/scale.csv
	@cat $(BUILD)/bench/scale.csv

# ---- tests ---------------------------------------------------------------------------------------

.PHONY: check check-asan check-tsan check-valgrind check-clang check-rooms check-symbols check-install format-check
check: $(tests) ## build and run all tests (TESTS=tests/unit/test_law.c: only that one)
	@RUN='$(RUN)' tests/run.sh $(tests)

$(benches:%.c=$(BUILD)/%): $(bench_support)
$(tests) $(benches:%.c=$(BUILD)/%): $(BUILD)/%: $(BUILD)/%.o $(support) $(static)
	$(call say,LD)
	$(Q)$(link) $(filter %.o,$^) $(static) $(test_libs) $(bench_libs) $(blas_libs) $(system) -o $@

$(BUILD)/tests/%.o: extra = $(test_cflags)
$(tests:%=%.o) $(support) $(benches:%.c=$(BUILD)/%.o) $(bench_support): | ready-tests

.PHONY: check-program
check-program: | ready-tests ## the program's tests: what it says against mathematics, its results, its manual
	@$(MAKE) --no-print-directory program
	$(PYTHON) tests/program/check.py $(program) $(CASES)

# tests/torture: one program of all its files
torture := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/torture/*.c))
$(torture): | ready-tests
$(BUILD)/tests/torture/test_torture: $(torture) $(static)
	$(call say,LD)
	$(Q)$(link) $(torture) $(static) $(test_libs) $(blas_libs) $(system) -o $@

.PHONY: check-torture
check-torture: $(BUILD)/tests/torture/test_torture ## every allocation, and every call of the host's, fails in turn (MOST=100: so many of each walk; 0: all)
	tests/torture/names.sh
	cd $(BUILD)/tests/torture && $(RUN) ./test_torture $(or $(MOST),100)

# Branches are counted without the vector kernels: each is compiled for every instruction set and for floats, of which
# a machine takes some. A branch that gcc makes of a jump no source line has is not counted.
vector_kernels := lib/qnn/(kernel_|crowd_kernels|tangent_kernels|mean_kernels|kernels)
covered = gcovr -r . --object-directory $(BUILD)/coverage --filter lib/ --exclude lib/mpi/ --exclude-unreachable-branches
.PHONY: coverage
coverage: | ready-tests ## lines (95 %) and branches (85 %) of lib/ that the tests reach: build/coverage/index.html
	@command -v gcovr >/dev/null || { echo "gcovr is not installed: run 'make deps-ci'" >&2; exit 1; }
	$(MAKE) check check-torture BUILD=$(BUILD)/coverage WERROR= CFLAGS='-O1 -g --coverage' kernel_level=-O1
	$(covered) --exclude '$(vector_kernels)' --sort-uncovered -b
	$(covered) -s --html-details $(BUILD)/coverage/index.html --fail-under-line 95 | tail -n 3
	$(covered) --exclude '$(vector_kernels)' -s --fail-under-line 95 --fail-under-branch 85 | tail -n 3

.PHONY: check-qnn-long
check-qnn-long: $(BUILD)/tests/unit/test_qnn_random ## a thousand random circuits, 1 to 14 qubits and 20, against plain states
	$(BUILD)/tests/unit/test_qnn_random 1000

.PHONY: golden-states
golden-states: $(BUILD)/tests/golden/test_states # only where a format is new: what is there stays as it is, and is read for ever
	@mkdir -p $(BUILD)/golden
	$< --write $(BUILD)/golden
	@echo "copy those of the new format from $(BUILD)/golden to tests/golden"

.PHONY: check-kill
check-kill: $(BUILD)/tests/unit/test_state_file ## a flow that is saved again and again, killed 1000 times at random moments
	$< 1000

.PHONY: check-limit-long
check-limit-long: $(BUILD)/tests/long/test_limit_estimates ## the limit's estimates against errors, 200 random models, minutes
	$< 200

.PHONY: check-study-long
check-study-long: $(BUILD)/tests/long/test_iris_rates ## rates on iris for d = 1 to 4, N to 4096, minutes
	$< 4096 32

# sanitizers are named with blanks between them: a comma would part the arguments of call
comma := ,
empty :=
space := $(empty) $(empty)
# no WERROR: gcc then says of some loops that it does not unroll them
sanitize = WERROR= CFLAGS='-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(subst $(space),$(comma),$(1))' ASSERT=1

check-asan: | ready-tests ## the tests under gcc's address, leak and undefined-behaviour sanitizers
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    $(MAKE) check BUILD=$(BUILD)/asan $(call sanitize,address undefined)

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

.PHONY: check-abi abi
check-abi: all ## old clients find what they were built for; deliberate breaks are caught by name
	tests/abi/check_abi.sh $(shared)
	tests/abi/check_names.sh '$(CC)'
	tests/abi/check_clients.sh '$(CC)' $(shared)
	@tests/abi/breaks.sh '$(compile)' '$(link) -shared -Wl,-soname,$(soname) $(blas_libs) $(system)' $(objects)

# of a library built by gcc with -g; a released version's stays as it is
abi: $(shared) ## describe the present ABI in docs/abi, for check-abi to hold later versions to
	tests/abi/describe.sh $(shared) > docs/abi/moefield-$(basename $(version)).abi

.PHONY: check-ffi
check-ffi: all check-ffi-rust check-ffi-julia ## the bindings: their declarations, and their tests
	@$(PYTHON) -c 'import numpy' 2>/dev/null || { echo "check-ffi needs NumPy for $(PYTHON): run 'make deps-ci'" >&2; exit 1; }
	$(PYTHON) tests/ffi/declarations.py '$(CC)'
	$(PYTHON) tests/ffi/test_python.py $(shared)
	@mkdir -p $(BUILD)/tests/ffi
	$(CXX) -std=c++17 -Wall -Wextra -Wpedantic -Werror -O1 -g -pthread -Iinclude tests/ffi/test_cpp.cpp -L$(BUILD) \
	    -Wl,-rpath,'$(abspath $(BUILD))' -lmoefield -o $(BUILD)/tests/ffi/test_cpp
	$(BUILD)/tests/ffi/test_cpp

check-install: all ## install, use from C and C++ through pkg-config, uninstall
	tests/install/run.sh '$(MAKE)' '$(BUILD)' '$(CC)' '$(CXX)' '$(BLAS_PC)'

# Bindings use an installation of this build, found as their users find theirs.
ffi_root = $(abspath $(BUILD))/ffi-root
ffi_env  = PKG_CONFIG_PATH='$(ffi_root)/lib/pkgconfig' LD_LIBRARY_PATH='$(ffi_root)/lib'

.PHONY: ffi-root check-ffi-rust check-ffi-julia
ffi-root: all
	@$(MAKE) --no-print-directory install DESTDIR= PREFIX='$(ffi_root)' LIBDIR='$(ffi_root)/lib' \
	    INCLUDEDIR='$(ffi_root)/include' BINDIR='$(ffi_root)/bin' DATADIR='$(ffi_root)/share' >/dev/null

# The tests' own panics would fill the output; it is shown whole where a test fails.
check-ffi-rust: ffi-root ## tests of docs/examples/rust, where there is cargo (1.63 or later)
	@if command -v $(CARGO) >/dev/null; then \
	    cd docs/examples/rust && $(ffi_env) CARGO_TARGET_DIR='$(abspath $(BUILD))/rust' RUST_BACKTRACE=0 \
	        timeout 1800 $(CARGO) test --offline --locked --quiet --all-targets >'$(abspath $(BUILD))/rust.log' 2>&1 || \
	        { status=$$?; cat '$(abspath $(BUILD))/rust.log'; echo "check-ffi-rust: cargo ended with $$status"; exit 1; }; \
	    grep '^test result' '$(abspath $(BUILD))/rust.log'; \
	else echo "docs/examples/rust was not tested: there is no cargo ('make deps-ci')"; fi

check-ffi-julia: ffi-root ## tests of docs/examples/julia, where there is julia
	@if command -v $(JULIA) >/dev/null; then \
	    MOEFIELD_LIBRARY='$(ffi_root)/lib/$(soname)' \
	        $(JULIA) --startup-file=no --threads=2 docs/examples/julia/runtests.jl; \
	else echo "docs/examples/julia was not run: there is no julia"; fi

.PHONY: deps-blas check-blas
deps-blas: deps ## install the BLAS libraries that check-blas tries
	$(call install_missing,libblas-dev:blas-netlib.pc liblapack-dev:lapack-netlib.pc \
	    libblis-openmp-dev:/usr/include/x86_64-linux-gnu/blis.h libopenblas64-dev:openblas64.pc \
	    libopenblas0-openmp:/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0)

check-blas: all | ready-tests ## the library with OpenBLAS, the reference, BLIS, and one of 64-bit integers
	@tests/install/blas.sh '$(compile)' '$(link)' '$(test_libs)' '$(BUILD)' $(objects)

format-check: ## clang-format agrees with every source file
	@command -v clang-format >/dev/null || { echo "clang-format is not installed" >&2; exit 1; }
	@clang-format --dry-run -Werror $(headers) include/moefield_mpi.h $(wildcard lib/*/*.[ch] program/*.[ch] tests/*/*.[ch] docs/examples/*.[ch])

# clang-tidy's checks are in .clang-tidy. What cppcheck cannot follow: doubles that lanes read as floats; an angle that is
# a constant has no numbers to be scaled; a vector is filled lane by lane. gcc's analyzer believes that
# moei_out_of_memory may return MOE_OK.
TIDY ?= $(filter-out %kernels.c,$(wildcard lib/*/*.c))
.PHONY: check-static
check-static: | ready ## cppcheck over lib and program, clang-tidy over TIDY= (all of lib), gcc's analyzer over lib/base and lib/flow
	@command -v cppcheck clang-tidy >/dev/null || { echo "check-static needs cppcheck and clang-tidy: run 'make deps-ci'" >&2; exit 1; }
	cppcheck -q -j$$(nproc) --enable=warning,performance,portability --std=c11 --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --suppress=invalidPointerCast \
	    --suppress='nullPointer:lib/qnn/*' --suppress='uninitvar:lib/qnn/crowd_kernels.c' \
	    -DPROGRAM_VERSION='""' -DPROGRAM_BLAS='""' -Iinclude -Ilib lib program
	@printf '%s\n' $(filter-out lib/mpi/%,$(TIDY)) | xargs -P $$(nproc) -n 4 sh -c \
	    'clang-tidy --quiet "$$@" -- -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib 2>/dev/null' sh
	@printf '%s\n' lib/base/*.c lib/flow/*.c | xargs -P $$(nproc) -n 1 sh -c \
	    '$(compile) $(blas_cflags) -Werror -fanalyzer -Wno-analyzer-null-dereference -O1 -c "$$1" -o /dev/null' sh

.PHONY: deps-aarch64 check-aarch64
deps-aarch64: ## install a cross compiler, qemu and arm64 libraries (the latter under $(BUILD)/aarch64)
	$(call install_missing,gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc qemu-user:qemu-aarch64 \
	    libc6-dev-arm64-cross:/usr/aarch64-linux-gnu/include/stdio.h)
	tests/aarch64/root.sh '$(aarch64_root)'

# The tests of quantum experts, unless TESTS is given; cross-compiled, run by qemu.
aarch64_root = $(abspath $(BUILD))/aarch64/root
aarch64_lib  = $(aarch64_root)/usr/lib/aarch64-linux-gnu
aarch64_dirs = $(aarch64_lib) $(aarch64_lib)/openblas-pthread $(aarch64_root)/lib/aarch64-linux-gnu
aarch64_path = $(subst $(space),:,$(strip $(aarch64_dirs)))
aarch64_tests = $(if $(filter command% environment%,$(origin TESTS)),$(TESTS), \
                  $(wildcard tests/unit/test_qnn_*.c tests/unit/test_tangent.c))

check-aarch64: deps-aarch64 ## quantum experts' tests on emulated aarch64, NEON kernels among them
	PKG_CONFIG_LIBDIR='$(aarch64_lib)/pkgconfig:$(aarch64_lib)/openblas-pthread/pkgconfig' \
	PKG_CONFIG_SYSROOT_DIR='$(aarch64_root)' \
	    $(MAKE) check BUILD=$(BUILD)/aarch64 CC=aarch64-linux-gnu-gcc TESTS='$(strip $(aarch64_tests))' \
	    CPPFLAGS='-idirafter $(aarch64_root)/usr/include' \
	    LDFLAGS='$(aarch64_dirs:%=-L%) $(aarch64_dirs:%=-Wl,-rpath-link,%)' \
	    RUN='qemu-aarch64 -L /usr/aarch64-linux-gnu -E OPENBLAS_NUM_THREADS=1 -E LD_LIBRARY_PATH=$(aarch64_path)'

# tests/fuzz/fuzz_NAME.c is a target: no other row anywhere. Its corpus is tests/fuzz/corpus/NAME, its words, if it has
# any, are tests/fuzz/NAME.dict.
fuzzers    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))

$(fuzzers): $(BUILD)/%: $(BUILD)/%.o $(static)
	$(call say,LD)
	$(Q)$(link) -fsanitize=fuzzer $(filter %.o,$^) $(static) $(blas_libs) $(system) -o $@
$(BUILD)/tests/fuzz/fuzz_csv: $(BUILD)/program/csv.o
$(BUILD)/tests/fuzz/%.o: extra = -Iprogram -Itests

.PHONY: fuzzers fuzz-build check-fuzz
fuzzers: $(fuzzers)

# The kernels are those of the library: clang takes minutes for them with sanitizers
fuzz-build: $(kernels) | ready ## build build/fuzz/tests/fuzz/fuzz_NAME, libFuzzer on what reads others' bytes (needs clang)
	@mkdir -p $(BUILD)/fuzz
	@echo 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n); int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return b && n > n; }' | \
	    $(CLANG) -fsanitize=fuzzer,address,undefined -x c - -o $(BUILD)/fuzz/trial 2>/dev/null || \
	    { echo "check-fuzz needs $(CLANG) with libFuzzer and sanitizers: run 'make deps-ci', or install them" >&2; exit 1; }
	$(MAKE) fuzzers BUILD=$(BUILD)/fuzz CC=$(CLANG) WERROR= ASSERT=1 kernels='$(kernels)' \
	    CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'

check-fuzz: fuzz-build ## every target of tests/fuzz for FUZZ_SECONDS=20 from its corpus; the long run: FUZZ_SECONDS=1200
	@tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZERS)

# ---- examples, demo, benchmarks ------------------------------------------------------------------

.PHONY: examples demo bench bench-build bench-qnn
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

.PHONY: real-data
real-data: ## accuracies on iris and digits, beside logistic regression where scikit-learn is installed: build/real-data.md
	@$(MAKE) --no-print-directory program
	$(PYTHON) tests/bench/real_data.py $(program) > $(BUILD)/real-data.md
	@cat $(BUILD)/real-data.md

bench-build: $(benches:%.c=$(BUILD)/%) ## build the benchmarks

bench: $(benches:%.c=$(BUILD)/%) ## build and run the benchmarks
	@for program in $^; do echo "== $$program"; $$program || exit 1; done

.PHONY: bench-transport
bench-transport: $(BUILD)/tests/bench/bench_transport ## distances, beside POT and SciPy where installed: build/bench/transport.csv
	@mkdir -p $(BUILD)/bench
	$< $(POINTS) $(LIMIT) | $(PYTHON) tests/bench/bench_transport.py $(PEERS) > $(BUILD)/bench/transport.csv
	@cat $(BUILD)/bench/transport.csv

# anchor_reupload.ISA.REAL.o: built as the kernels are
anchor_isa = $(word 2,$(subst ., ,$(@F)))
$(anchors): tests/bench/anchor_reupload.c tests/bench/anchor_reupload.h $(BUILD)/flags | ready-tests
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(compile) -O3 -ffp-contract=fast $(isa_$(anchor_isa)) -Itests -DANCHOR_ISA=$(anchor_isa) \
	    -DANCHOR_REAL=$(word 3,$(subst ., ,$(@F))) -c $< -o $@

bench-qnn: $(BUILD)/tests/bench/bench_qnn $(BUILD)/tests/bench/bench_qnn_rhs ## time quantum experts into build/bench/qnn.csv, qnn_rhs.csv
	@mkdir -p $(BUILD)/bench
	$(BUILD)/tests/bench/bench_qnn > $(BUILD)/bench/qnn.csv
	$(BUILD)/tests/bench/bench_qnn_rhs > $(BUILD)/bench/qnn_rhs.csv
	@cat $(BUILD)/bench/qnn.csv $(BUILD)/bench/qnn_rhs.csv

# SUNDIALS is for this benchmark only, and only if it is there
sundials = $(shell test -e /usr/include/cvode/cvode.h && echo yes)
# changes when SUNDIALS comes or goes
$(BUILD)/sundials: always | ready
	@echo '$(sundials)' | cmp -s - $@ || echo '$(sundials)' > $@
$(BUILD)/tests/bench/bench_flow.o: $(BUILD)/sundials
$(BUILD)/tests/bench/bench_flow.o: extra = $(test_cflags) $(if $(sundials),-DMOE_BENCH_SUNDIALS)
$(BUILD)/tests/bench/bench_flow: bench_libs = \
    $(if $(sundials),$(addprefix -lsundials_,arkode cvode nvecserial sunnonlinsolfixedpoint generic))

.PHONY: bench-memory
bench-memory: $(BUILD)/tests/bench/bench_memory ## one step of EXPERTS experts in as little memory as can be: build/bench/memory.csv
	@mkdir -p $(BUILD)/bench
	$< $(EXPERTS) > $(BUILD)/bench/memory.csv
	@cat $(BUILD)/bench/memory.csv

.PHONY: bench-limit
bench-limit: $(BUILD)/tests/bench/bench_limit ## time the limit to a tolerance into build/bench/limit.csv
	@mkdir -p $(BUILD)/bench
	$< > $(BUILD)/bench/limit.csv
	@cat $(BUILD)/bench/limit.csv

.PHONY: bench-flow
bench-flow: $(BUILD)/tests/bench/bench_flow ## work and precision of the integrators, into build/bench/flow.csv
	@mkdir -p $(BUILD)/bench
	$< > $(BUILD)/bench/flow.csv
	@echo "the table is $(BUILD)/bench/flow.csv"

# ---- the rest ------------------------------------------------------------------------------------

.PHONY: help clean
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
	    while read -r name text; do printf '  %-16s%s\n' "$$name" "$$text"; done

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

-include $(objects:.o=.d) $(program_objects:.o=.d) $(support:.o=.d) $(tests:%=%.d) $(benches:%.c=$(BUILD)/%.d) $(bench_support:.o=.d) $(torture:.o=.d) $(fuzzers:%=%.d)
