/** The rules of security groups, in one direction. */
import type { IpPermission } from '@aws-sdk/client-ec2';
import Header from '@cloudscape-design/components/header';
import Table from '@cloudscape-design/components/table';
import { Empty } from '../shell/parts';
import { t } from '../strings';

const s = t.ec2.groups;

interface Row {
  protocol: string;
  ports: string;
  peer: string;
  text: string;
}

function rowsOf(rule: IpPermission): Row[] {
  const { IpProtocol, FromPort, ToPort } = rule;
  const protocol = IpProtocol === '-1' ? s.allProtocols : (IpProtocol ?? '').toUpperCase();
  const every = IpProtocol === '-1' || FromPort === undefined || FromPort === -1;
  const ports = every ? s.allPorts : FromPort === ToPort ? String(FromPort) : `${FromPort}–${ToPort}`;
  const peers = [
    ...(rule.IpRanges ?? []).map(({ CidrIp, Description }) => [CidrIp, Description]),
    ...(rule.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => [CidrIpv6, Description]),
    ...(rule.UserIdGroupPairs ?? []).map(({ GroupId, Description }) => [GroupId, Description]),
    ...(rule.PrefixListIds ?? []).map(({ PrefixListId, Description }) => [PrefixListId, Description]),
  ];
  return peers.map(([peer, text]) => ({ protocol, ports, peer: peer ?? '', text: text ?? '' }));
}

export function Rules({ header, rules }: { header: string; rules: IpPermission[] }) {
  const rows = rules.flatMap(rowsOf);
  return (
    <Table
      items={rows}
      header={<Header variant="h3" counter={`(${rows.length})`}>{header}</Header>}
      ariaLabels={{ tableLabel: header }}
      empty={<Empty header={s.noRules}>{s.noRulesHint}</Empty>}
      columnDefinitions={[
        { id: 'protocol', header: s.protocol, cell: (row) => row.protocol, isRowHeader: true },
        { id: 'ports', header: s.ports, cell: (row) => row.ports },
        { id: 'peer', header: s.peer, cell: (row) => row.peer },
        { id: 'text', header: s.ruleText, cell: (row) => row.text || t.none },
      ]}
    />
  );
}
