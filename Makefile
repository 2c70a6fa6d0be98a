# SPDX-License-Identifier: Apache-2.0
# The front door: every target only calls Meson or a script.
.PHONY: all check quick asan tsan lint fuzz bench help clean

all: ## release build: out/doorward
	./build
check: ## every test, as continuous integration runs them
	./check
quick: ## gcc build and its tests
	./check --quick
asan: ## tests under AddressSanitizer and UBSan
	test -d build-asan || meson setup build-asan -Dtest_hooks=true -Dwerror=false -Db_sanitize=address,undefined
	meson test -C build-asan --no-suite style --timeout-multiplier 5 --print-errorlogs
tsan: ## concurrent suites under ThreadSanitizer
	test -d build-tsan || meson setup build-tsan -Dtest_hooks=true -Dwerror=false -Db_sanitize=thread
	TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp setarch -R \
		meson test -C build-tsan --suite unit --suite store --suite system --timeout-multiplier 10 --print-errorlogs
lint: ## clang-tidy over every source
	tools/lint
fuzz: ## build the libFuzzer targets: build-fuzz/test/fuzz/fuzz-*
	test -d build-fuzz || CC=clang CXX=clang++ meson setup build-fuzz -Dfuzz=true -Dwerror=false -Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-fuzz
bench: ## the benchmarks that need no server
	tools/bench
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)
clean: ## remove what was built, not the data in var/
	rm -rf build-*/ build-*.log out
