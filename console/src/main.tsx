import { I18nProvider } from '@cloudscape-design/components/i18n';
import messages from '@cloudscape-design/components/i18n/messages/all.en';
import '@cloudscape-design/global-styles/index.css';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { applyTheme } from './shell/theme';
import './console.css';

applyTheme();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <I18nProvider locale="en" messages={[messages]}>
      <App />
    </I18nProvider>,
  );
}
