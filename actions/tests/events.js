// What Auth0 gives to an Action, as its reference of the event objects documents it.

const request = {
  ip: '81.2.69.143',
  hostname: 'example.au.auth0.com',
  language: 'en-GB',
  method: 'POST',
  user_agent: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:93.0) Gecko/20100101 Firefox/93.0',
  body: { password: 'hunter2' },
  query: { state: 'do-not-send' },
  geoip: {
    cityName: 'Abingdon', continentCode: 'EU', countryCode: 'GB', countryCode3: 'GBR', countryName: 'United Kingdom',
    latitude: 51.7095, longitude: -1.3614, subdivisionCode: 'OXF', subdivisionName: 'Oxfordshire', timeZone: 'Europe/London',
  },
};
const tenant = { id: 'example' };
const client = { client_id: 'aI61p8I8aFjmYRliLWgvM9ev97kCCNDB', name: 'Web Shop', metadata: { key: 'do-not-send' } };
const connection = { id: 'con_hLzVDXbNZtTcJT8O', name: 'Users', strategy: 'auth0' };
const organization = { id: 'org_pRo5rVkDDzRE6eCm', name: 'acme', display_name: 'Acme', metadata: {} };
const security_context = { ja3: 'e7d705a3286e19ea42f587b344ee6865', ja4: 't13d1516h2_8daaf6152771_b186095e22b6' };
const user = {
  user_id: 'auth0|619d7a2c58f6', email: 'jane.doe@example.com', email_verified: true, name: 'Jane Doe',
  created_at: '2021-11-23T23:35:40.123Z', last_password_reset: '2026-11-20T10:15:00.900Z', phone_number: '+44-do-not-send',
  app_metadata: { plan: 'do-not-send' }, user_metadata: { colour: 'do-not-send' }, identities: [{ user_id: '619d7a2c58f6' }],
};

const common = { request, tenant, client, user, security_context, transaction: { correlation_id: 'corr-1' } };

module.exports = {
  'post-login': {
    ...common, connection, organization,
    authentication: {
      methods: [{ name: 'pwd', timestamp: '2026-11-20T10:15:00Z' }, { name: 'mfa', timestamp: '2026-11-20T10:15:01Z' }],
      riskAssessment: {
        confidence: 'medium', version: '1',
        assessments: {
          ImpossibleTravel: { code: 'minimal_travel_from_last_login', confidence: 'high' },
          NewDevice: { code: 'no_match', confidence: 'low', details: { device: 'unknown', useragent: 'known' } },
          UntrustedIP: { code: 'not_found_on_deny_list', confidence: 'high' },
        },
      },
    },
    authorization: { roles: ['admin', 'editor'] },
    refresh_token: { id: 'rt-do-not-send' },
    request: { ...request, asn: '20712' },
    resource_server: { identifier: 'https://api.example.com/' },
    session: { id: 'e8ZC3wPlnrZ0tn1bq9Ys7_tVxmr9k0qO', device: { last_ip: '81.2.69.143' } },
    stats: { logins_count: 42 },
    transaction: {
      id: 'txn_4pL1qKk7', correlation_id: 'corr-1', linking_id: 'link-1', protocol: 'oidc-basic-profile', prompt: [],
      requested_scopes: ['openid'], state: 'do-not-send', redirect_uri: 'https://do-not-send.example.com/',
    },
  },
  'post-user-registration': { ...common, client: undefined, connection },
  'post-change-password': { ...common, client: undefined, security_context: undefined, connection },
  'send-phone-message': {
    ...common,
    message_options: {
      action: 'second-factor-authentication', code: 'do-not-send', message_type: 'sms', recipient: '+44-do-not-send',
      text: 'Your code is do-not-send',
    },
  },
  'credentials-exchange': {
    ...common, user: undefined, security_context: undefined, client: { ...client, name: 'Nightly Report' },
    accessToken: { customClaims: { claim: 'do-not-send' }, scope: ['read:orders', 'read:users'] },
    request: { ...request, user_agent: 'python-requests/2.32.3', body: { client_secret: 'do-not-send' } },
    resource_server: { identifier: 'https://api.example.com/' },
  },
};
