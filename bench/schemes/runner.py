# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the steps of all stages, and says how far it is."""
import concurrent.futures
import json
import threading
import time
from dataclasses import asdict

import stage as stages_of


class Progress:
    """Time left, from what the steps so far took against their weights."""

    EVERY = 5  # seconds between two lines, at least

    def __init__(self, steps, jobs, say):
        self.steps, self.jobs, self.say = steps, jobs, say
        self.left = sum(self._cost(s) for _, s in steps)
        self.done = self.spent = self.count = 0
        self.last = 0
        self.lock = threading.Lock()

    def _cost(self, step):
        return step.weight / (1 if step.alone else self.jobs)

    def finished(self, stage, step, seconds):
        with self.lock:
            cost = self._cost(step)
            self.left -= cost
            if seconds:  # else it was left out
                self.done += cost
                self.spent += seconds / (1 if step.alone else self.jobs)
            self.count += 1
            now = time.monotonic()
            if now - self.last < self.EVERY and self.count < len(self.steps):
                return
            self.last = now
            left = max(self.left, 0) * (self.spent / self.done
                                        if self.done else 1)
            self.say(f"[{self.count}/{len(self.steps)}] {stage}: "
                     f"{', '.join(step.key)}; " + (
                         f"{left / 60:.0f} min left" if left >= 90 else
                         f"{left:.0f} s left"))


def _do(stage, step, store, progress):
    began = time.monotonic()
    value = step.function()
    seconds = time.monotonic() - began
    store.put(stage, step.key, value, seconds)
    progress.finished(stage, step, seconds)


def _guarded(name, step, store, progress, lacking):
    try:
        _do(name, step, store, progress)
    except (stages_of.Lacking, SystemExit) as e:
        lacking[name, step.key] = stages_of.Lacking(str(e))
        progress.finished(name, step, 0)


def run(stages, context, store, jobs):
    """{stage: {"title", "tables", "data", "left_out"}}"""
    steps = [(s, step) for s in stages for step in s.steps(context)]
    todo = [(s.NAME, step) for s, step in steps
            if not store.has(s.NAME, step.key)]
    if len(todo) < len(steps):
        context.say(f"{len(steps) - len(todo)} of {len(steps)} steps are "
                    "done already")
    progress = Progress(todo, jobs, context.say)
    lacking = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(_guarded, name, step, store, progress, lacking)
                   for name, step in todo if not step.alone]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for name, step in todo:
        if step.alone:
            _guarded(name, step, store, progress, lacking)
    sections = {}
    for stage in stages:
        values = {step.key: lacking[stage.NAME, step.key]
                  if (stage.NAME, step.key) in lacking else
                  store.get(stage.NAME, step.key)
                  for s, step in steps if s is stage}
        text = stages_of.dumps(stage.result(context, values))
        data = json.loads(text)
        sections[stage.NAME] = {
            "title": stage.TITLE, "data": data,
            "tables": [asdict(t) for t in stage.tables(
                stages_of.loads(text))],
            "left_out": {**data.get("left_out", {}), **{
                ", ".join(k): str(v) for k, v in values.items()
                if isinstance(v, stages_of.Lacking)}}}
    return sections
