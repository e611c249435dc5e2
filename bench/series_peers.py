"""The same work with pandas and DuckDB, on the values in a file of doubles (ticks x series, C order).

    python3 series_peers.py FILE TICKS SERIES

Prints one JSON object: what each took, in seconds, and DuckDB's file size; a peer that is not installed is null.
"""
import json, os, sys, tempfile, time

def timed(work, repeats=3):
    best = None
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best = took if best is None or took < best else best
    return best

def with_pandas(path, ticks, series):
    try:
        import numpy, pandas
    except ImportError:
        return None
    values = numpy.fromfile(path).reshape(ticks, series)
    frame = pandas.DataFrame(values, index=pandas.to_datetime(1790000000 + numpy.arange(ticks), unit="s"))
    def rate():  # reset-aware increase over 60 s at every tick
        steps = frame.diff()
        steps = steps.where(steps >= 0, frame)
        return steps.rolling("60s").sum() / 60
    def window():
        last = frame.iloc[-300:]
        steps = last.diff().iloc[1:]
        return steps.where(steps >= 0, last.iloc[1:]).sum()
    one = frame[1]
    def rolling():
        return one.rolling(300).mean(), one.rolling(300).std()
    return {"version": pandas.__version__, "rate60": timed(rate, 1), "window300": timed(window), "rolling300": timed(rolling),
            "bytesPerSample": values.itemsize + 8 / series}

def with_duckdb(path, ticks, series):
    try:
        import duckdb, numpy, pandas
    except ImportError:
        return None
    values = numpy.fromfile(path).reshape(ticks, series)
    folder = tempfile.mkdtemp()
    file = os.path.join(folder, "peer.duckdb")
    rows = pandas.DataFrame({
        "id": numpy.repeat(numpy.arange(series, dtype="int32"), ticks),
        "ts": numpy.tile(1790000000 + numpy.arange(ticks, dtype="float64"), series),
        "v": values.T.reshape(-1),
    })
    db = duckdb.connect(file)
    db.execute("SET threads = 2")
    start = time.perf_counter()
    db.execute("CREATE TABLE sample AS SELECT * FROM rows ORDER BY id, ts")
    db.execute("CHECKPOINT")
    append = time.perf_counter() - start
    last = 1790000000 + ticks - 301
    window = timed(lambda: db.execute(
        f"SELECT id, sum(CASE WHEN v >= p THEN v - p ELSE v END) FROM (SELECT id, v, lag(v) OVER (PARTITION BY id ORDER BY ts) AS p "
        f"FROM sample WHERE ts > {last}) WHERE p IS NOT NULL GROUP BY id").fetchall())
    hour = timed(lambda: db.execute(f"SELECT ts, v FROM sample WHERE id = 1 AND ts > {1790000000 + ticks - 3601} ORDER BY ts").fetchnumpy())
    rate = timed(lambda: db.execute(
        "CREATE OR REPLACE TEMP TABLE r AS SELECT id, ts, sum(CASE WHEN v >= p THEN v - p ELSE v END) OVER "
        "(PARTITION BY id ORDER BY ts RANGE 60 PRECEDING) / 60 AS r FROM "
        "(SELECT id, ts, v, lag(v) OVER (PARTITION BY id ORDER BY ts) AS p FROM sample)"), 1)
    db.close()
    start = time.perf_counter()
    db = duckdb.connect(file, read_only=True)
    db.execute("SELECT min(ts), max(ts) FROM sample").fetchall()
    opened = time.perf_counter() - start
    db.close()
    size = os.path.getsize(file)
    os.remove(file)
    os.rmdir(folder)
    return {"version": duckdb.__version__, "append": append, "window300": window, "hour": hour, "rate60": rate, "open": opened,
            "bytesPerSample": size / (ticks * series)}

if __name__ == "__main__":
    path, ticks, series = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"pandas": with_pandas(path, ticks, series), "duckdb": with_duckdb(path, ticks, series)}))
