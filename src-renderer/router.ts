import { createRouter, createWebHashHistory } from 'vue-router';
import CompareSessions from './views/CompareSessions.vue';
import GuideView from './views/GuideView.vue';
import LiveRun from './views/LiveRun.vue';
import NewExperiment from './views/NewExperiment.vue';
import SessionLibrary from './views/SessionLibrary.vue';
import SettingsView from './views/SettingsView.vue';
import TradeOff from './views/TradeOff.vue';

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/new' },
    { path: '/new', name: 'new', component: NewExperiment, meta: { title: 'New experiment' } },
    { path: '/live/:id?', name: 'live', component: LiveRun, meta: { title: 'Run' } },
    { path: '/trade-off/:id?', name: 'trade-off', component: TradeOff, meta: { title: 'Trade-off' } },
    { path: '/compare', name: 'compare', component: CompareSessions, meta: { title: 'Compare' } },
    { path: '/sessions', name: 'sessions', component: SessionLibrary, meta: { title: 'Sessions' } },
    { path: '/guide/:page?', name: 'guide', component: GuideView, meta: { title: 'Guide' } },
    { path: '/settings', name: 'settings', component: SettingsView, meta: { title: 'Settings' } },
  ],
});

router.afterEach((to) => {
  document.title = `${String(to.meta.title)} – Sparring`;
});
