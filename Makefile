# Two commands do everything: `make run` and `make test`. Each installs the Debian packages that it needs. `make help` lists the others
# in groups.

SHELL := /bin/bash
BUILD := .build/release
# Where `make run` and `make hydrate` keep history: timestream, dynamodb or influxdb.
export HISTORY ?= timestream

.DEFAULT_GOAL := help
.PHONY: help run try test package clean build format lint docs hydrate screenshots sanitize bench bench-start bench-fetch bench-write bench-line-protocol bench-history bench-chunks bench-timestream bench-cloud faults kill-cloud fuzz-chunks fuzz-cloud

## To use it

help: ## this list
	@sed -nE 's/^## (.*)/\1:/p; s/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name words; do \
	  if [ -z "$$words" ]; then echo "$$name"; else printf '  %-20s %s\n' "$$name" "$$words"; fi; done

run: build ## the whole system on this machine, until Ctrl-C; HISTORY=dynamodb or HISTORY=influxdb keeps history there
	@local/run.sh $(BUILD)

try: ## what there is to type while `make run` runs
	@local/try.sh $(BUILD)

test: ## everything: unit tests, packages, real clients, a browser, documentation, the end-to-end run with each history store, lint
	@Tests/run.sh

package: ## build/<function>.zip for each function
	@local/setup.sh --package
	@Infra/package.sh

clean: ## remove what was built; the data of make run stay in .local-cloud
	rm -rf .build build
	@[ ! -d .local-cloud ] || echo "The data of make run stay in .local-cloud. To start again, remove that folder."

## To work on it

build: ## every program, as a release build, in .build/release
	@local/setup.sh
	@local/build.sh release

format: ## rewrite the sources in the project's format
	swift format --in-place --recursive --parallel Package.swift Sources Tests local e2eTest

lint: ## check the format without changing anything
	swift format lint --strict --recursive --parallel Package.swift Sources Tests local e2eTest

docs: ## .build/docs: the documentation of each library, with DocC
	@local/setup.sh
	@local/docs.sh

hydrate: build ## only the end-to-end run, against a throwaway local cloud; HISTORY as for run
	@e2eTest/hydrate.sh $(BUILD)

screenshots: build ## docs/images: pictures of the page, with sample data, in light and dark
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) .build/tools/browser/bin/python Tests/Browser/screenshots.py docs/images

sanitize: ## the unit tests under ThreadSanitizer, under AddressSanitizer, and as a release build
	@local/setup.sh --tests
	@Tests/sanitize.sh

## To measure it, and to wear it out

bench: build package ## the paths that carry rows compared with Foundation's coders, and the packaged functions compared with Node and Python
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@$(BUILD)/benchmark
	@$(BUILD)/benchmark-chunks
	@.build/tools/clients/bin/python local/bench/bench.py build

bench-start: build package ## size, start and memory of a function, compared with Python and boto3
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) TOOLS=.build/tools .build/tools/clients/bin/python Tests/Conformance/bench_start.py

bench-fetch: build ## fetch functions writing the same chunks while 60 of them are killed; then all is read back
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) TOOLS=.build/tools .build/tools/clients/bin/python local/bench/fetch_through_crashes.py

bench-write: build ## InfluxDB's own client writing for 30 seconds while the local cloud is killed three times; then all is read back
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) TOOLS=.build/tools .build/tools/clients/bin/python local/bench/write_through_crashes.py

bench-line-protocol: build ## reading line protocol, in three shapes, compared with another parser
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@.build/tools/peers/bin/python local/bench/line_protocol.py $(BUILD)/benchmark-line-protocol

bench-history: build ## reading a month, a year and five years from each store of history, compared with one item per sample; read and write units of fetches
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) TOOLS=.build/tools .build/tools/clients/bin/python local/bench/history_reads.py

bench-chunks: build ## a day of history as a chunk: how large, and how fast it is packed and unpacked
	@$(BUILD)/benchmark-chunks

bench-timestream: build ## writing compared with moto, and dashboards' queries over ten million rows
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@local/bench-timestream.sh $(BUILD) .build/tools

bench-cloud: build ## the local cloud: 1,000 identifiers through the system, operations compared with moto, the start over ten million rows
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@local/bench-cloud.sh $(BUILD) .build/tools

faults: build ## 200 identifiers through the system under each kind of fault on purpose; prints a table
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) .build/tools/clients/bin/python local/bench/faults.py

kill-cloud: build ## the local cloud killed 100 times while clients write to four of its services; after each kill all is read back
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) TOOLS=.build/tools .build/tools/clients/bin/python local/bench/kill_cloud.py

fuzz-chunks: build ## ten minutes of what is no chunk, for the decoder of chunks
	@$(BUILD)/benchmark-chunks --fuzz 600

fuzz-cloud: build ## ten minutes of requests that no client sends, against the local cloud; SEED may be set
	@local/setup.sh --tests
	@Tests/tools.sh .build/tools
	@BUILD=$(BUILD) .build/tools/clients/bin/python Tests/Conformance/fuzz_cloud.py $${SEED:+--seed $$SEED}
