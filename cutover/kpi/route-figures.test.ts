import { describe, expect, it } from '@jest/globals';
import { samplesOf } from './metric-samples.ts';
import { routeFigures } from './route-figures.ts';

/** 1,000 requests of which 5 fail, 95 % within 150 ms, by two edges; and legacy beside it. */
const text = `# HELP banyan_edge_requests_total Requests.
# TYPE banyan_edge_requests_total counter
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="exposed",status="2xx"} 900
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="reads",status="4xx"} 95
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="reads",status="5xx"} 3
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="reads",status="none"} 2
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="service",reason="reads",status="aborted"} 50
banyan_edge_requests_total{unit="trips",method="GET",route="/api/trips/{id}",target="legacy",reason="above-ceiling",status="2xx"} 8
banyan_edge_requests_total{unit="trips",method="POST",route="/a\\"b",target="legacy",reason="legacy-owns-writes",status="2xx"} 0
banyan_edge_request_duration_seconds_bucket{le="0.1",unit="trips",method="GET",route="/api/trips/{id}",target="service",stage="reads"} 450
banyan_edge_request_duration_seconds_bucket{le="0.2",unit="trips",method="GET",route="/api/trips/{id}",target="service",stage="reads"} 500
banyan_edge_request_duration_seconds_bucket{le="+Inf",unit="trips",method="GET",route="/api/trips/{id}",target="service",stage="reads"} 500
banyan_edge_request_duration_seconds_bucket{le="0.1",unit="trips",method="GET",route="/api/trips/{id}",target="legacy",stage="reads"} 1
banyan_edge_request_duration_seconds_bucket{le="+Inf",unit="trips",method="GET",route="/api/trips/{id}",target="legacy",stage="reads"} 8
`;

const ofSecondEdge = text
  .split('\n')
  .filter((line) => line.includes('duration') && line.includes('target="service"'))
  .join('\n');

describe('the figures of routes', () => {
  it('are exactly those of the metrics of all edges together', () => {
    expect(routeFigures([text, ofSecondEdge].flatMap((text) => samplesOf(text)))).toEqual([
      { unit: 'trips', route: 'GET /api/trips/{id}', side: 'legacy', requests: 8, availability: 1, p95Ms: 100 },
      { unit: 'trips', route: 'GET /api/trips/{id}', side: 'service', requests: 1000, availability: 0.995, p95Ms: 150 },
    ]);
  });

  it('have no percentile where nothing was measured', () => {
    const counted = text.split('\n').filter((line) => line.includes('requests_total'));
    expect(routeFigures(samplesOf(counted.join('\n')))[0]).not.toHaveProperty('p95Ms');
  });

  it('read labels with quotes and bounds without end', () => {
    expect(samplesOf('a{route="/a\\"b",le="+Inf"} 3 1700000000\nnonsense')).toEqual([
      { name: 'a', labels: { route: '/a"b', le: '+Inf' }, value: 3 },
    ]);
  });
});
