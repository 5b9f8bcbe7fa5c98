import './csp';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router';
import './theme/element-plus';
import './theme/tokens.css';
import './theme/base.css';

createApp(App).use(createPinia()).use(router).mount('#app');
