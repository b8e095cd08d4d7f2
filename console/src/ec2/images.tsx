/** The images that instances boot. */
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useLoad } from '../data';
import { follow, href } from '../routing';
import { session } from '../session';
import { List } from '../shell/list';
import { Copyable, Empty, when } from '../shell/parts';
import { t } from '../strings';
import { listImages } from './api';

const s = t.ec2.images;

export default function Images() {
  const images = useLoad(listImages, `images ${session().region}`);
  const [selected, setSelected] = useState<string[]>([]);
  const chosen = selected[0];
  return (
    <List
      name="images"
      loaded={images}
      header={s.title}
      description={s.description}
      selection="single"
      selected={selected}
      onSelected={setSelected}
      id={(each) => each.ImageId ?? ''}
      label={(each) => each.Name ?? each.ImageId ?? ''}
      text={(each) => `${each.Name} ${each.ImageId} ${each.Description ?? ''} ${each.Architecture}`}
      placeholder={s.search}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void images.reload()} />
          <Button
            variant="primary"
            disabled={!chosen}
            {...(chosen ? { href: href(`/ec2/launch?image=${encodeURIComponent(chosen)}`) } : {})}
            onFollow={follow}
          >
            {s.launch}
          </Button>
        </SpaceBetween>
      }
      empty={<Empty header={s.empty}>{s.emptyHint}</Empty>}
      columns={[
        { id: 'name', header: s.name, cell: (each) => each.Name, sortingField: 'Name', isRowHeader: true },
        { id: 'id', header: s.id, cell: (each) => <Copyable text={each.ImageId ?? ''} label={s.id} />, sortingField: 'ImageId' },
        { id: 'architecture', header: s.architecture, cell: (each) => each.Architecture, sortingField: 'Architecture' },
        { id: 'owner', header: s.owner, cell: (each) => each.ImageOwnerAlias ?? each.OwnerId },
        { id: 'created', header: s.created, cell: (each) => when(each.CreationDate), sortingField: 'CreationDate' },
        { id: 'description', header: t.description, cell: (each) => each.Description ?? t.none },
      ]}
    />
  );
}
