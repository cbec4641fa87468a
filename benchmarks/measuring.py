"""What the benchmarks share: running a process and what it cost, and showing figures."""

import datetime
import os
import platform
import subprocess
import sys
import tempfile
import time


def fail(message, hint):
    sys.exit(f"error: {message}\n  hint: {hint}")


def say(message):
    print(message, file=sys.stderr, flush=True)


def run_measured(command, **environment):
    """Runs a command to its end: its standard output and what it cost."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=output, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            fail(f"{' '.join(map(str, command))} ended with {process.returncode}", "its message stands above")
        output.seek(0)
        cost = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}
        return output.read().decode(), cost


def machine(threads):
    """One line: date, processor, cores, threads."""
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
               platform.processor())
    cores = len(os.sched_getaffinity(0))
    return f"{datetime.date.today()}, {cpu}, {cores} cores, {threads or cores} threads"


def aligned(rows):
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return ["  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])])
            for line in rows]


def as_markdown(rows):
    return ["| " + " | ".join(line) + " |" for line in [rows[0], ["---"] + ["---:"] * (len(rows[0]) - 1)] + rows[1:]]


def report(rows, notes, markdown):
    """Prints a table and lines below it; writes them for a report where a file is named."""
    print("\n".join([""] + aligned(rows) + [""] + notes))
    if markdown:
        markdown.write_text("\n".join(as_markdown(rows) + [""] + [f"- {line}" for line in notes]) + "\n")
