// Reports each token that an application gets for itself to auth0-elastic. Trigger: credentials-exchange.

exports.onExecuteCredentialsExchange = async (event) => {
  await send(event, 'credentials-exchange', ({ accessToken, resource_server }) => ({
    type: 'auth.token_exchange',
    audience: resource_server?.identifier,
    scope: accessToken?.scope,
  }));
};

// ---- From here on the same in every Action ----
const { createHash, randomUUID } = require('crypto');

// All that is sent of an event. What a trigger does not have is left out.
function describe(event, trigger, { type, moment, ...metadata }) {
  const { client, connection, organization, request, security_context, session, tenant, transaction, user } = event;
  const { confidence, assessments } = event.authentication?.riskAssessment ?? {};
  // Sent twice, an event has the same id; where no moment tells it from the next one, each run has its own.
  const identity = JSON.stringify([trigger, tenant?.id, user?.user_id, moment || randomUUID()]);
  return {
    event_type: type,
    event_id: createHash('sha256').update(identity).digest('hex'),
    event_time: new Date().toISOString(),
    actor: { id: user?.user_id, email: user?.email, name: user?.name, username: user?.username },
    context: {
      ip_address: request?.ip, user_agent: request?.user_agent, geo: request?.geoip, asn: request?.asn,
      hostname: request?.hostname, language: request?.language,
      ja3: security_context?.ja3, ja4: security_context?.ja4,
      connection: connection?.name, connection_id: connection?.id, strategy: connection?.strategy,
      client_id: client?.client_id, client_name: client?.name,
      organization_id: organization?.id, organization_name: organization?.name,
      session_id: session?.id, transaction_id: transaction?.id, linking_id: transaction?.linking_id,
      correlation_id: transaction?.correlation_id, protocol: transaction?.protocol,
      risk_score: confidence,
      risk_assessment: {
        impossible_travel: assessments?.ImpossibleTravel?.code,
        new_device: assessments?.NewDevice?.code,
        untrusted_ip: assessments?.UntrustedIP?.code,
      },
    },
    metadata: { auth0_tenant: tenant?.id, trigger, ...metadata },
  };
}

// Takes 2 s at most (up to 5 s if set so), never throws, and says nothing of the event or the secrets in Auth0's log.
async function send(event, trigger, more) {
  const report = (why) => console.log(`auth0-elastic: the event was not sent: ${why}`);
  try {
    const { AUTH0_ELASTIC_URL: url, AUTH0_ELASTIC_TOKEN: token, AUTH0_ELASTIC_TIMEOUT: wait } =
      { ...event.configuration, ...event.secrets };
    if (!url || !token) return report('set the secrets AUTH0_ELASTIC_URL and AUTH0_ELASTIC_TOKEN');
    // Unencrypted only on the machine itself, for tests.
    if (!/^https:\/\/|^http:\/\/127\.0\.0\.1:/.test(url)) return report('AUTH0_ELASTIC_URL must begin with https://');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(describe(event, trigger, more(event))),
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.min(Number(wait) || 2000, 5000)),
    });
    await response.body?.cancel();
    if (!response.ok) report(`the server answered ${response.status}`);
  } catch (error) {
    report(error?.cause?.code ?? error?.name);
  }
}
