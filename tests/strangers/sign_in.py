"""Makes schemathesis somebody of the demo data: signs them in, and writes its settings and their tokens (as Web Fuzzing
Commons has them) into a folder. Usage: sign_in.py BASE_URL ROLE FOLDER

Beside them there are peers, who must not see what they see: people of another vendor, or other customers.
"""

import json
import sys
import urllib.request
from pathlib import Path

HOME, ABROAD = "vendor1.example.com", "vendor2.example.com"
ROLES = {
    "owner": [("owner1", HOME), ("owner2", ABROAD)],
    "staff": [("vendor1_staff1", HOME), ("vendor2_staff1", ABROAD)],
    "customer": [("vendor1_customer1", HOME), ("vendor1_customer2", HOME), ("vendor2_customer1", ABROAD)],
    "operator": [("operator@stoa.example", HOME)],
    "nobody": [],
}


def headers(base, name, domain):
    """What somebody sends. The vendor at home is named in every request anyway, also in those without a token."""
    here = {"X-Tenant-Domain": domain}
    login = json.dumps({"email" if "@" in name else "username": name, "password": "password123"}).encode()
    request = urllib.request.Request(f"{base}/api/auth/login", login, {**here, "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        token = {"Authorization": f"Bearer {json.load(response)['access']}"}
    return token if domain == HOME else {**here, **token}


def main(base, role, folder):
    settings = (Path(__file__).parent / "schemathesis.toml").read_text()
    people = []
    for name, domain in ROLES[role]:
        fixed = [{"name": key, "value": value} for key, value in headers(base, name, domain).items()]
        people.append({"name": name, "fixedHeaders": fixed})
    if people:
        tokens = Path(folder) / "tokens.json"
        tokens.write_text(json.dumps({"auth": people}))
        names = [person["name"] for person in people]
        settings += f'[auth.wfc]\npath = "{tokens}"\nuser = "{names[0]}"\n'
        if len(names) > 1:
            settings += f"peers = {json.dumps(names)}\n"
    (Path(folder) / "schemathesis.toml").write_text(settings)


main(*sys.argv[1:])
