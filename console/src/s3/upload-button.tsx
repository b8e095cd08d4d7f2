/** Choose what to upload: files, or a whole folder. */
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useRef } from 'react';
import { t } from '../strings';

const s = t.s3.objects;

export function UploadButton({ onFiles }: { onFiles: (files: { path: string; file: File }[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement | null>(null);
  const chosen = (input: HTMLInputElement) => {
    const list = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    if (list.length) onFiles(list);
    input.value = '';
  };
  return (
    <>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={s.uploadFiles}
        onChange={({ currentTarget }) => chosen(currentTarget)}
      />
      <input
        ref={(input) => {
          folder.current = input;
          input?.setAttribute('webkitdirectory', ''); // React knows no such attribute
        }}
        type="file"
        multiple
        hidden
        aria-label={s.uploadFolder}
        onChange={({ currentTarget }) => chosen(currentTarget)}
      />
      <ButtonDropdown
        variant="primary"
        mainAction={{ text: s.upload, onClick: () => files.current?.click() }}
        ariaLabel={s.uploadFolder}
        items={[{ id: 'folder', text: s.uploadFolder }]}
        onItemClick={() => folder.current?.click()}
      />
    </>
  );
}
