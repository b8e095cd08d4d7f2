/** The search in the bar: every page by its name or its service's, from the keyboard alone (Alt+S, as in AWS's console). */
import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest';
import { useEffect, useRef, useState } from 'react';
import { areaPages } from '../areas';
import { navigate } from '../routing';
import { t } from '../strings';

const s = t.search;

const OPTIONS: AutosuggestProps.Options = areaPages().map(({ name, title, pages }) => ({
  label: name,
  options: pages.map(({ text, path }) => ({ value: path, label: text, filteringTags: [name, title] })),
}));

const PATHS = new Set(areaPages().flatMap(({ pages }) => pages.map(({ path }) => path)));

export default function Search() {
  const [value, setValue] = useState('');
  const field = useRef<AutosuggestProps.Ref>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyS') return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <Autosuggest
      ref={field}
      value={value}
      options={OPTIONS}
      placeholder={s.placeholder}
      ariaLabel={s.label}
      empty={s.none}
      enteredTextLabel={(text) => s.entered(text)}
      hideEnteredTextOption
      onChange={({ detail }) => setValue(detail.value)}
      onSelect={({ detail }) => {
        const path = detail.value;
        if (!PATHS.has(path)) return;
        setValue('');
        navigate(path);
      }}
    />
  );
}
