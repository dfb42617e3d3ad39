"""Answers requests, one a line, with what they took."""

import json
import resource
import sys
import time


def serve(version, answers):
    """answers: name to a function of the request's other fields that returns plain data."""
    # What a package prints is no answer.
    lines, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"version": version}), file=lines, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers[request.pop("ask")]
        clock, processor = time.perf_counter(), time.process_time()
        result = answer(**request)
        took = {
            "seconds": time.perf_counter() - clock,
            "processorSeconds": time.process_time() - processor,
            "residentBytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "result": result,
        }
        print(json.dumps(took), file=lines, flush=True)
