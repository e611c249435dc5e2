"""Measures the official Python client for bench/parser.ts; requests and answers are those of parser_go/main.go."""
import sys
import time

from prometheus_client.parser import text_string_to_metric_families

texts = {}
for line in sys.stdin:
    _mode, passes, *names = line.split()
    for name in names:
        if name not in texts:
            with open(name, encoding="utf-8") as file:
                texts[name] = file.read()
    start = time.process_time()
    for number in range(int(passes)):
        families = list(text_string_to_metric_families(texts[names[number % len(names)]]))
    used = time.process_time() - start
    print(used, sum(len(family.samples) for family in families), flush=True)
