"""Epsilon of DP-SGD by Opacus, for test/unit/engine/privacy.test.ts and bench/privacy.

    pip install opacus && python bench/privacy/accountant.py

Prints its version and [sampling rate, noise, steps, epsilon] at delta 1e-5, by the orders Opacus takes by default.
"""

import json

import opacus
from opacus.accountants.analysis import rdp

ORDERS = [1 + x / 10.0 for x in range(1, 100)] + list(range(12, 64))
SETTINGS = [
    (0.01, 1.1, 1000),
    (0.256, 2.0, 80),
    (0.032, 0.8, 320),
    (0.016, 4.0, 1250),
    (1.0, 5.0, 10),
    (0.001, 0.6, 20000),
]

found = []
for rate, noise, steps in SETTINGS:
    spent = rdp.compute_rdp(q=rate, noise_multiplier=noise, steps=steps, orders=ORDERS)
    epsilon, _ = rdp.get_privacy_spent(orders=ORDERS, rdp=spent, delta=1e-5)
    found.append([rate, noise, steps, float(epsilon)])
print(opacus.__version__, json.dumps(found))
