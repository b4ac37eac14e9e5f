#!/usr/bin/env python3
"""The campaigns job in Dagster: what one evaluation of the automation conditions costs.

usage: dagster_bench.py --campaigns 1000 [--days 31] [--repetitions 3]

Everything is there; then nothing happens, a campaign comes, a day comes. A step is what the daemon
does in a tick short of launching: read the cursor, evaluate, write the cursor. The condition is
level-triggered, the closest that Dagster has: whatever is missing, not in flight, with its inputs
there. Prints `number NAME MILLISECONDS` lines.
"""
import argparse
import datetime as dt
import gc
import logging
import resource
import statistics
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import dagster as dg
from dagster._core.definitions.asset_selection import AssetSelection
from dagster._core.definitions.automation_tick_evaluation_context import (
    AutomationTickEvaluationContext,
)
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._daemon.asset_daemon import (
    asset_daemon_cursor_from_instigator_serialized_cursor as read_cursor,
)
from dagster._daemon.asset_daemon import (
    asset_daemon_cursor_to_instigator_serialized_cursor as write_cursor,
)
from dagster._serdes import serialize_value

START = dt.date(2024, 3, 1)


class Bench:
    def __init__(self, campaigns, days, folder):
        self.campaigns = [f"c{number:05d}" for number in range(1, campaigns + 1)]
        self.days = [(START + dt.timedelta(day)).isoformat() for day in range(days)]
        self.now = dt.datetime(2024, 3, 1, 0, 10, tzinfo=dt.timezone.utc) + dt.timedelta(days=days)
        self.instance = dg.DagsterInstance.local_temp(folder)
        self.instance.add_dynamic_partitions("campaigns", self.campaigns)
        self.definitions = define()
        self.cursor = None
        self.times = {}

    def materialize(self, asset, partitions):
        """The rows that report_runless_asset_event would write, in bulk; the last by itself, for
        it updates the asset's own row."""
        key = dg.AssetKey(asset)
        event = DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            event_specific_data=StepMaterializationData(
                dg.AssetMaterialization(asset_key=asset, partition="@@PARTITION@@")
            ),
            job_name=RUNLESS_JOB_NAME,
        )
        entry = EventLogEntry(
            error_info=None,
            user_message="",
            level=20,
            run_id=RUNLESS_RUN_ID,
            timestamp=time.time(),
            job_name=RUNLESS_JOB_NAME,
            dagster_event=event,
        )
        text = serialize_value(entry)
        moment = dt.datetime.fromtimestamp(entry.timestamp, dt.timezone.utc).replace(tzinfo=None)
        row = {
            "run_id": RUNLESS_RUN_ID,
            "dagster_event_type": DagsterEventType.ASSET_MATERIALIZATION.value,
            "timestamp": moment,
            "step_key": None,
            "asset_key": key.to_string(),
        }
        with self.instance.event_log_storage.index_connection() as connection:
            for first in range(0, len(partitions), 5000):
                rows = [
                    dict(row, event=text.replace("@@PARTITION@@", name), partition=name)
                    for name in partitions[first : first + 5000]
                ]
                connection.execute(SqlEventLogStorageTable.insert(), rows)
        last = dg.AssetMaterialization(asset_key=asset, partition=partitions[-1])
        self.instance.report_runless_asset_event(last)

    def tick(self, step):
        """Gives how many partitions are asked for."""
        self.now += dt.timedelta(seconds=30)
        gc.collect()
        start = time.perf_counter()
        cursor = read_cursor(self.cursor, None)
        context = AutomationTickEvaluationContext(
            evaluation_id=cursor.evaluation_id + 1,
            instance=self.instance,
            asset_graph=self.definitions.resolve_asset_graph(),
            cursor=cursor,
            materialize_run_tags={},
            observe_run_tags={},
            auto_observe_asset_keys=set(),
            asset_selection=AssetSelection.all(include_sources=True),
            logger=logging.getLogger("bench"),
            emit_backfills=False,
            evaluation_time=self.now,
        )
        requests, cursor, _ = context.evaluate()
        self.cursor = write_cursor(cursor)
        self.times.setdefault(step, []).append((time.perf_counter() - start) * 1000)
        return sum(len(request.asset_selection or []) for request in requests)


def define():
    condition = dg.AutomationCondition
    missing = condition.missing() & ~condition.in_progress() & ~condition.any_deps_missing()
    campaigns = dg.DynamicPartitionsDefinition(name="campaigns")
    daily = dg.DailyPartitionsDefinition(start_date=START.isoformat())
    both = dg.MultiPartitionsDefinition({"campaign": campaigns, "date": daily})
    dependency = dg.AssetSpec("dependency", partitions_def=daily)

    @dg.asset(partitions_def=both, automation_condition=missing)
    def csv(): ...

    @dg.asset(partitions_def=both, deps=[csv, dependency], automation_condition=missing)
    def results(): ...

    return dg.Definitions(assets=[dependency, csv, results])


def run(bench, repetitions):
    everything = [f"{name}|{day}" for day in bench.days for name in bench.campaigns]
    bench.materialize("dependency", bench.days)
    bench.materialize("csv", everything)
    bench.materialize("results", everything)
    bench.tick("first")
    bench.tick("second")
    for _ in range(5):
        bench.tick("empty")
    for repetition in range(repetitions):
        name = f"c{len(bench.campaigns) + 1:05d}"
        bench.campaigns.append(name)
        bench.instance.add_dynamic_partitions("campaigns", [name])
        asked = bench.tick("campaign")
        assert asked == 2 * len(bench.days), f"a file and results a day, not {asked}"
        partitions = [f"{name}|{day}" for day in bench.days]
        for asset in ("csv", "results"):
            bench.materialize(asset, partitions)
        bench.tick("settle")
    for repetition in range(repetitions):
        bench.now += dt.timedelta(days=1)
        day = (START + dt.timedelta(len(bench.days))).isoformat()
        bench.days.append(day)
        asked = bench.tick("day")
        assert asked == len(bench.campaigns), f"a file a campaign is asked for, not {asked}"
        partitions = [f"{name}|{day}" for name in bench.campaigns]
        bench.materialize("dependency", [day])
        for asset in ("csv", "results"):
            bench.materialize(asset, partitions)
        bench.tick("settle")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--campaigns", type=int, default=1000)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owed-peers-dagster") as folder:
        bench = Bench(arguments.campaigns, arguments.days, folder)
        run(bench, arguments.repetitions)
    for step in ("empty", "campaign", "day"):
        print(f"number {step}.p50 {statistics.median(bench.times[step])}")
        print(f"number {step}.p99 {max(bench.times[step])}")
    print(f"number peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")


if __name__ == "__main__":
    main()
