"""Scores of other detectors, run by bench/anomalies.ts: reads labelled series as JSON lines (group, values, from, to) from standard
input, prints one JSON object of names and lists of flagged indices a series. Detectors that are not installed are left out."""
import json
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
rows = [np.array(json.loads(line), dtype=float) for line in sys.stdin]
detectors = {}
try:
    import pandas as pd
    from adtk.detector import GeneralizedESDTestAD, PersistAD, SeasonalAD

    def flagged(make, values):
        series = pd.Series(values, index=pd.date_range("2020-01-01", periods=len(values), freq="s"))
        return np.flatnonzero(make().fit_detect(series).fillna(False).astype(bool).values)

    def seasonal(values):
        try:
            return flagged(SeasonalAD, values)
        except Exception:
            return flagged(PersistAD, values)

    detectors["adtk ESD"] = lambda values: flagged(GeneralizedESDTestAD, values)
    detectors["adtk seasonal or persist"] = seasonal
except ImportError:
    pass
try:
    import sesd

    # The period of the periodic bases is given to it.
    detectors["S-H-ESD (sesd)"] = lambda values: sesd.seasonal_esd(values, hybrid=True, max_anomalies=20, alpha=0.05, periodicity=50)
except ImportError:
    pass
print(json.dumps({name: [[int(i) for i in detect(values)] for values in rows] for name, detect in detectors.items()}))
