#!/usr/bin/env python3
"""The campaigns job in Luigi: how long until it knows that nothing, or what, is to be done?

usage: luigi_bench.py --campaigns 1000 [--days 31] [--repetitions 3]

Everything is there, as files; then nothing happens, a campaign comes, a day comes. A wrapper
requires every result, the usual way to say "all of March for all campaigns"; one worker, the local
scheduler. The tasks that are missing are run: they make an empty file. Prints `number NAME
MILLISECONDS` lines.
"""
import argparse
import datetime as dt
import logging
import pathlib
import resource
import shutil
import statistics
import time
import warnings

warnings.filterwarnings("ignore")
import luigi

logging.getLogger("luigi").setLevel(logging.ERROR)
logging.getLogger("luigi-interface").setLevel(logging.ERROR)

ROOT = pathlib.Path("luigi_bench_tree")
START = dt.date(2024, 3, 1)
RUNS = []


class Dependency(luigi.ExternalTask):
    date = luigi.DateParameter()

    def output(self):
        return luigi.LocalTarget(str(ROOT / "dependency" / str(self.date)))


class File(luigi.Task):
    campaign = luigi.Parameter()
    date = luigi.DateParameter()
    kind = "csv"

    def output(self):
        return luigi.LocalTarget(str(ROOT / self.kind / str(self.date) / self.campaign))

    def run(self):
        RUNS.append(self.kind)
        self.output().makedirs()
        open(self.output().path, "w").close()


class Results(File):
    kind = "results"

    def requires(self):
        return [File(self.campaign, self.date), Dependency(self.date)]


class Wanted(luigi.WrapperTask):
    campaigns = luigi.IntParameter()
    days = luigi.IntParameter()
    # Else Luigi remembers that it was complete.
    salt = luigi.IntParameter()

    def requires(self):
        for day in range(self.days):
            for number in range(self.campaigns):
                yield Results(f"c{number:05d}", START + dt.timedelta(day))


def build(campaigns, days, salt):
    """Gives the milliseconds that it took, and how many tasks ran."""
    RUNS.clear()
    luigi.task_register.Register.clear_instance_cache()
    start = time.perf_counter()
    wanted = Wanted(campaigns=campaigns, days=days, salt=salt)
    done = luigi.build(
        [wanted], local_scheduler=True, workers=1, log_level="ERROR", no_lock=True
    )
    assert done, "all tasks succeed"
    return (time.perf_counter() - start) * 1000, len(RUNS)


def write_dependency(day):
    (ROOT / "dependency" / str(START + dt.timedelta(day))).touch()


def write_files(campaigns, days):
    shutil.rmtree(ROOT, ignore_errors=True)
    (ROOT / "dependency").mkdir(parents=True)
    for day in range(days):
        write_dependency(day)
        for kind in ("csv", "results"):
            folder = ROOT / kind / str(START + dt.timedelta(day))
            folder.mkdir(parents=True)
            for number in range(campaigns):
                (folder / f"c{number:05d}").touch()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--campaigns", type=int, default=1000)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    campaigns, days, salt = arguments.campaigns, arguments.days, 0
    write_files(campaigns, days)
    times = {"empty": [], "campaign": [], "day": []}
    for step in times:
        for _ in range(arguments.repetitions):
            salt += 1
            if step == "campaign":
                campaigns += 1
            if step == "day":
                write_dependency(days)
                days += 1
            took, ran = build(campaigns, days, salt)
            expected = {"empty": 0, "campaign": 2 * days, "day": 2 * campaigns}[step]
            assert ran == expected, f"{ran} tasks ran, not {expected}"
            times[step].append(took)
    for step, took in times.items():
        print(f"number {step}.p50 {statistics.median(took)}")
        print(f"number {step}.p99 {max(took)}")
    print(f"number peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


if __name__ == "__main__":
    main()
