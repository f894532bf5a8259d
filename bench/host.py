# SPDX-License-Identifier: BSD-2-Clause
"""What the host gives and tells: its cores, and the processor time of processes and of vmrun's compiling threads."""
import os

TICKS = os.sysconf("SC_CLK_TCK")
# What vmrun calls the threads that compile beside the vCPUs.
COMPILER = "compiler"
# A sample is of the steady state when these threads took no more than this share of its time.
STEADY = 0.02


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def ticks(path):
    with open(path) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds(pid):
    """Processor time that a process has used, all its threads together."""
    return ticks("/proc/%d/stat" % pid)


def thread_seconds(task):
    """The same of one thread: to the nanosecond where the kernel counts so."""
    try:
        with open(task + "/schedstat") as f:
            return int(f.read().split()[0]) / 1e9
    except FileNotFoundError:
        return ticks(task + "/stat")


def usage(pid):
    """(processor time of a process but for its compiling threads, of these)"""
    compiling = 0.0
    for number in os.listdir("/proc/%d/task" % pid):
        task = "/proc/%d/task/%s" % (pid, number)
        try:
            with open(task + "/comm") as f:
                name = f.read().strip()
            compiling += thread_seconds(task) if name == COMPILER else 0
        except (FileNotFoundError, ProcessLookupError):
            pass  # the thread has ended meanwhile
    return max(cpu_seconds(pid) - compiling, 0.0), compiling


def steady(sample):
    """Was nothing to speak of compiled beside the vCPUs while the sample was taken?"""
    return sample.get("compiling", 0) <= STEADY * sample["host"]
