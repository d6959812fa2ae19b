#!/usr/bin/env bash
# In Elasticsearch's image: an authority, and certificates for Elasticsearch, Kibana and the listener. Those there stay.
set -euo pipefail
certs=/certs
tls=/listener-tls

if [ ! -f "$certs/ca/ca.crt" ]; then
  bin/elasticsearch-certutil ca --silent --pem --days 3650 --out "$certs/ca.zip"
  unzip -q "$certs/ca.zip" -d "$certs"
fi
if [ ! -f "$certs/elasticsearch/elasticsearch.crt" ]; then
  cat >"$certs/instances.yml" <<INSTANCES
instances:
  - {name: elasticsearch, dns: [elasticsearch, localhost], ip: [127.0.0.1]}
  - {name: kibana, dns: [kibana, localhost], ip: [127.0.0.1]}
  - {name: listener, dns: [auth0-elastic, localhost, "$LISTENER_HOST"]}
INSTANCES
  bin/elasticsearch-certutil cert --silent --pem --days 1095 --in "$certs/instances.yml" --out "$certs/certs.zip" \
    --ca-cert "$certs/ca/ca.crt" --ca-key "$certs/ca/ca.key"
  unzip -q "$certs/certs.zip" -d "$certs"
fi
cat "$certs/listener/listener.crt" "$certs/ca/ca.crt" >"$tls/fullchain.pem"
cp "$certs/listener/listener.key" "$tls/privkey.pem"

# All containers run as user 1000. The authority's key is root's, so that none of them can sign with it.
rm -f "$certs"/*.zip
chown -R 1000:0 "$certs" "$tls"
find "$certs" "$tls" -type d -exec chmod 750 {} +
find "$certs" "$tls" -type f -exec chmod 640 {} +
chown 0:0 "$certs/ca/ca.key"
chmod 600 "$certs/ca/ca.key"
