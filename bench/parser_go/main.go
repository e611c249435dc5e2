// Measures Prometheus' and VictoriaMetrics' parsers for bench/parser.ts.
//
// One request a line on standard input, "MODE PASSES FILE…"; the files are parsed in turn, PASSES times in all. The answer
// is one line: the CPU seconds (user and system, garbage collector included) and how many samples the last pass had.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	vm "github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

var (
	files = map[string][]byte{}
	// Stand-in for Prometheus' scrape cache: series text to id.
	ids  = map[string]int{}
	rows vm.Rows
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		parse, ok := modes[words[0]]
		passes, err := strconv.Atoi(words[1])
		if !ok || err != nil {
			fmt.Fprintln(os.Stderr, "unknown request:", lines.Text())
			os.Exit(2)
		}
		texts := load(words[2:])
		runtime.GC()
		start := cpuSeconds()
		samples := 0
		for pass := 0; pass < passes; pass++ {
			samples = parse(texts[pass%len(texts)])
		}
		fmt.Println(cpuSeconds()-start, samples)
	}
}

var modes = map[string]func([]byte) int{
	"textparse-labels": func(text []byte) int {
		return eachSeries(text, func(p textparse.Parser) {
			var set labels.Labels
			p.Labels(&set)
			_, _, _ = p.Series()
		})
	},
	"textparse-map": func(text []byte) int {
		return eachSeries(text, func(p textparse.Parser) {
			series, _, _ := p.Series()
			if _, known := ids[unsafe.String(&series[0], len(series))]; !known {
				ids[string(series)] = len(ids)
			}
		})
	},
	"victoriametrics": func(text []byte) int {
		rows.UnmarshalWithErrLogger(unsafe.String(&text[0], len(text)), func(string) {})
		return len(rows.Rows)
	},
}

func eachSeries(text []byte, each func(textparse.Parser)) int {
	p := textparse.NewPromParser(text, labels.NewSymbolTable(), false)
	samples := 0
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return samples
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if entry == textparse.EntrySeries {
			each(p)
			samples++
		}
	}
}

func load(names []string) [][]byte {
	texts := make([][]byte, len(names))
	for i, name := range names {
		if files[name] == nil {
			text, err := os.ReadFile(name)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			files[name] = text
		}
		texts[i] = files[name]
	}
	return texts
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
