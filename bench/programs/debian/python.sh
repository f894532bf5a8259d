# SPDX-License-Identifier: BSD-2-Clause
# python3: objects, dictionaries, strings, regular expressions, big integers.
work()
{
    python3 - <<'END'
import hashlib, json, random, re
from math import sqrt

said = []

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

said.append(fib(22))
planets = [[float(i), i * 2.5, 0.1 * i, 0.0, 0.01 * i, 0.0, 1.0 + i] for i in range(4)]
for _ in range(1500):
    for i, a in enumerate(planets):
        for b in planets[i + 1:]:
            d = [a[k] - b[k] for k in range(3)]
            pull = 0.001 / (sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) + 1.0)
            for k in range(3):
                a[3 + k] -= d[k] * b[6] * pull
                b[3 + k] += d[k] * a[6] * pull
    for a in planets:
        a[0] += 0.001 * a[3]
said.append("%.9f" % planets[0][0])
rows = [{"name": "row %d" % i, "values": [i * 1.5] * 5, "next": {"id": i * 7 % 101}} for i in range(2000)]
said.append(len(json.dumps(json.loads(json.dumps(rows)))))
text = " ".join("w%d someone@example%d.org" % (i, i) for i in range(4000))
said.append(len(re.findall(r"[\w.]+@[\w.]+\.org", text)))
random.seed(1)
seen = {}
for i in range(60000):
    seen[random.getrandbits(14)] = i
said.append(sorted(seen.items(), key=lambda item: item[1])[:3])
said.append(len(str(3 ** 8000)))
print(hashlib.sha256(repr(said).encode()).hexdigest()[:12])
END
}
