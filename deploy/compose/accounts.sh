#!/usr/bin/env bash
# In Elasticsearch's image: Kibana's password, and a role and a user each for delivery and detection. Passwords are
# read from $SECRETS and stand on no command line. A second run leaves everything as it is, or brings it up to date.
set -euo pipefail

secret() { cat "$SECRETS/$1"; }

ask() { # METHOD PATH, with the body on standard input
  curl --silent --show-error --fail --cacert "$CA" --output /dev/null --retry 5 --retry-connrefused \
    --config <(printf 'user = "elastic:%s"\n' "$(secret elastic_password)") \
    --request "$1" --header 'content-type: application/json' --data-binary @- "$ELASTICSEARCH$2"
}

user() { # NAME ROLE SECRET
  printf '{"password": "%s", "roles": ["%s"]}' "$(secret "$3")" "$2" | ask PUT "/_security/user/$1"
}

printf '{"password": "%s"}' "$(secret kibana_password)" | ask POST /_security/user/kibana_system/_password
ask PUT /_security/role/auth0-elastic-shipper <"$ROLES/shipper.json"
ask PUT /_security/role/auth0-elastic-detect <"$ROLES/detect.json"
user auth0-elastic auth0-elastic-shipper shipper_password
user auth0-elastic-detect auth0-elastic-detect detect_password
echo "kibana_system, auth0-elastic and auth0-elastic-detect have their passwords"
