"""The tables of the run store, and how a run is read from them."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path

from tools.claims import Verdict
from tools.records import Artifact, ClaimRecord, Progress, RunRecord, Status
from tools.result import Estimate

VERSION = 1

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, experiment TEXT NOT NULL,
  params TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL,
  resumable INTEGER NOT NULL, origin TEXT NOT NULL, papers TEXT NOT NULL, claim TEXT NOT NULL,
  estimate REAL, created REAL NOT NULL, started REAL, finished REAL, seconds REAL NOT NULL,
  pid INTEGER, cancel INTEGER NOT NULL DEFAULT 0, progress TEXT, environment TEXT, error TEXT,
  starter INTEGER, notices TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS metrics (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, value REAL, stderr REAL, n INTEGER, unit TEXT NOT NULL,
  PRIMARY KEY (run, name));
CREATE TABLE IF NOT EXISTS claims (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  text TEXT NOT NULL, paper TEXT NOT NULL, verdict TEXT NOT NULL, method TEXT NOT NULL,
  reason TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (run, position));
CREATE TABLE IF NOT EXISTS artifacts (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, name TEXT NOT NULL,
  kind TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (run, name));
PRAGMA user_version = {VERSION};
"""


def read_record(db: sqlite3.Connection, row: sqlite3.Row, runs: Path) -> RunRecord:
    """Returns the run of a row, with its metrics, claims and artifacts; `runs` holds its folder."""
    run = row["id"]
    folder = runs / run
    metrics = db.execute("SELECT * FROM metrics WHERE run=? ORDER BY position", (run,))
    claims = db.execute("SELECT * FROM claims WHERE run=? ORDER BY position", (run,))
    artifacts = db.execute("SELECT * FROM artifacts WHERE run=? ORDER BY rowid", (run,))
    return RunRecord(
        number=row["number"],
        id=run,
        experiment=row["experiment"],
        params=json.loads(row["params"]),
        seed=row["seed"],
        status=Status(row["status"]),
        attempt=row["attempt"],
        resumable=bool(row["resumable"]),
        origin=row["origin"],
        papers=tuple(json.loads(row["papers"])),
        claim=row["claim"],
        estimate=row["estimate"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        seconds=row["seconds"],
        pid=row["pid"],
        cancel=bool(row["cancel"]),
        progress=Progress(*json.loads(row["progress"])) if row["progress"] else None,
        environment=json.loads(row["environment"] or "{}"),
        error=row["error"],
        notices=tuple(json.loads(row["notices"])),
        folder=folder,
        metrics={
            m["name"]: Estimate(
                math.nan if m["value"] is None else m["value"], m["stderr"], m["n"], m["unit"]
            )
            for m in metrics
        },
        claims=tuple(
            ClaimRecord(
                c["text"],
                c["paper"],
                Verdict(c["verdict"]),
                c["method"],
                c["reason"],
                json.loads(c["evidence"]),
            )
            for c in claims
        ),
        artifacts=tuple(Artifact(a["name"], a["kind"], folder / a["path"]) for a in artifacts),
    )
