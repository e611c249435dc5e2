"""What pandas, numpy and ruptures need for the same work. Reads nothing, prints one JSON object; run by bench/analyzer.ts."""
import json
import time


def best(work, times=3):
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found) * 1000


out = {}
try:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    day = pd.Series(50 + rng.normal(size=86_400))

    def robust():
        median = day.median()
        mad = (day - median).abs().median()
        return ((day - median).abs() > 3.5 * 1.4826 * mad).sum()

    out["anomalies_ms"] = best(robust)

    def moving():
        level = day.rolling(28_801, center=True, min_periods=14_401).median()
        distance = (day - level).abs()
        return (distance > 3.5 * 1.4826 * distance.median()).sum()

    out["moving_ms"] = best(moving)
    frame = pd.DataFrame(rng.normal(size=(50_000, 20)))
    out["correlation_ms"] = best(lambda: (frame.corr(), frame.corr(method="spearman")))
    out["pandas"] = pd.__version__
except ImportError:
    pass
try:
    import numpy as np
    import ruptures as rpt

    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(level, 1, 500) for level in (10, 14, 9, 12)])
    out["changes_ms"] = best(lambda: rpt.Pelt(model="l2", min_size=5, jump=1).fit(values).predict(pen=3 * np.log(2000)), 1)
    out["ruptures"] = rpt.version.version
except ImportError:
    pass
print(json.dumps(out))
