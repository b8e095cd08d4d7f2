/** Calls and denials over time. */
import BarChart from '@cloudscape-design/components/bar-chart';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { t } from '../strings';
import { type Happening, isDenied } from './api';

const s = t.activity.history;
const BARS = 24;
const MINUTE = 60_000;
/** Widths that a bar can have, in milliseconds. */
const WIDTHS = [1, 5, 10, 30, 60, 180, 360, 720, 1440, 10_080].map((minutes) => minutes * MINUTE);

export default function Chart({ events }: { events: Happening[] }) {
  const times = events.map(({ at }) => at.getTime());
  const first = Math.min(...times);
  const last = Math.max(...times);
  const width = WIDTHS.find((each) => (last - first) / each < BARS) ?? WIDTHS.at(-1) ?? MINUTE;
  const end = Math.floor(last / width);
  const begin = Math.min(Math.floor(first / width), end - 5);
  const bars = Array.from({ length: end - begin + 1 }, (_, index) => new Date((begin + index) * width));
  const format = new Intl.DateTimeFormat(
    t.locale,
    width < 1440 * MINUTE ? { hour: '2-digit', minute: '2-digit', day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short' },
  );
  const counted = (wanted: (each: Happening) => boolean) => {
    const counts = new Map<number, number>();
    for (const each of events.filter(wanted)) {
      const bar = Math.floor(each.at.getTime() / width);
      counts.set(bar, (counts.get(bar) ?? 0) + 1);
    }
    return bars.map((x, index) => ({ x, y: counts.get(begin + index) ?? 0 }));
  };
  const series = [
    { title: s.calls, type: 'bar' as const, color: '#688ae8', data: counted(({ record }) => !record.errorCode) },
    { title: s.errors, type: 'bar' as const, color: '#b2911c', data: counted((each) => Boolean(each.record.errorCode) && !isDenied(each)) },
    { title: s.denials, type: 'bar' as const, color: '#d13212', data: counted(isDenied) },
  ];
  return (
    <Container header={<Header variant="h2" description={s.chartHint}>{s.chart}</Header>}>
      <BarChart
        stackedBars
        height={140}
        hideFilter
        series={series}
        xDomain={bars}
        xScaleType="categorical"
        xTitle={s.time}
        yTitle={s.count}
        ariaLabel={s.chart}
        i18nStrings={{ xTickFormatter: (at) => format.format(at), chartAriaRoleDescription: s.chart }}
      />
    </Container>
  );
}
