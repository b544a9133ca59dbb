"""Reads OpenMetrics text from standard input and prints each sample as one JSON object a line.

The parser is that of the Prometheus project. It refuses what the format forbids.
"""

import json
import sys

from prometheus_client.openmetrics.parser import text_fd_to_metric_families

for family in text_fd_to_metric_families(sys.stdin):
    for sample in family.samples:
        print(json.dumps({"type": family.type, "name": sample.name, "labels": sample.labels, "value": sample.value}))
print("end")
